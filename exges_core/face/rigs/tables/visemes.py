"""Sets of visemes: Oculus (Ready Player Me, VRChat, MPFB's visemes02), Microsoft (MPFB's visemes01), Daz's."""

from __future__ import annotations

from collections.abc import Mapping

from exges_core.face.rigs.convention import Convention, Shape, looking, reading
from exges_core.face.rigs.tables import mouths
from exges_core.face.rigs.tables.mouths import Look

AT_REST = "the mouth at rest"

_OCULUS: Mapping[str, Look] = {
    "PP": mouths.SHUT, "FF": mouths.BITTEN, "TH": mouths.DENTAL, "DD": mouths.ALVEOLAR, "kk": mouths.VELAR,
    "CH": mouths.HUSHING, "SS": mouths.SIBILANT, "nn": {**mouths.ALVEOLAR, "mouthUpperUp": 0.02},
    "RR": mouths.RHOTIC, "aa": mouths.AA, "E": mouths.EH, "I": mouths.IY, "O": mouths.OW, "U": mouths.UW,
}  # fmt: skip
_LONG = {"E": "eh", "I": "ih", "O": "oh", "U": "ou"}


def _oculus(name: str) -> Shape:
    spelt = (name, _LONG[name]) if name in _LONG else (name,)
    # By itself "ee" is another set's.
    behind = (*spelt, "ee") if name == "E" else spelt
    prefixed = (f"{prefix}{each}" for prefix in ("viseme_", "vrc_v_", "v_") for each in behind)
    return looking(" ".join((*prefixed, *spelt)), _OCULUS[name])


OCULUS = Convention(
    name="oculus",
    title="Oculus visemes",
    shapes={
        **{name: _oculus(name) for name in _OCULUS},
        "blink": reading("vrc_blink", eyeBlink=1.0),
        "blinkLeft": reading("vrc_blink_left", eyeBlinkLeft=1.0),
        "blinkRight": reading("vrc_blink_right", eyeBlinkRight=1.0),
    },
    least=6,
    alone=dict.fromkeys(("viseme_sil", "vrc_v_sil", "v_sil", "sil"), AT_REST),
)

_MICROSOFT: Mapping[str, Look] = {
    "aa_ah_ax_01": mouths.AH, "aa_02": mouths.AA, "ao_03": mouths.AO, "ey_eh_uh_04": mouths.EH, "er_05": mouths.ER,
    "y_iy_ih_ix_06": mouths.IY, "w_uw_07": mouths.UW, "ow_08": mouths.OW,
    "aw_09": {**mouths.AA, "mouthPucker": 0.2, "mouthFunnel": 0.1}, "oy_10": {**mouths.AO, "mouthSmile": 0.1},
    "ay_11": mouths.AE, "h_12": mouths.BREATH, "r_13": mouths.RHOTIC, "l_14": mouths.LATERAL,
    "s_z_15": mouths.SIBILANT, "sh_ch_jh_zh_16": mouths.HUSHING, "th_dh_17": mouths.DENTAL, "f_v_18": mouths.BITTEN,
    "d_t_n_19": mouths.ALVEOLAR, "k_g_ng_20": mouths.VELAR, "p_b_m_21": mouths.SHUT,
}  # fmt: skip
MICROSOFT = Convention(
    name="microsoft",
    title="Microsoft visemes",
    shapes={
        name: looking(f"{name} viseme_{int(name[-2:])} viseme_{name[-2:]} sp_viseme_{int(name[-2:])}", look)
        for name, look in _MICROSOFT.items()
    },
    least=8,
    alone=dict.fromkeys(("sil_00", "viseme_0", "viseme_00", "sp_viseme_0"), AT_REST),
)

_DAZ: Mapping[str, Look] = {
    "AA": mouths.AA, "EE": mouths.EH, "EH": mouths.AH, "ER": mouths.ER, "F": mouths.BITTEN, "IH": mouths.IH,
    "IY": mouths.IY, "K": mouths.VELAR, "L": mouths.LATERAL, "M": mouths.SHUT, "OW": mouths.OW, "S": mouths.SIBILANT,
    "SH": mouths.HUSHING, "T": mouths.ALVEOLAR, "TH": mouths.DENTAL, "UW": mouths.UW, "W": mouths.ROUND,
}  # fmt: skip
DAZ_VISEMES = Convention(
    name="daz_visemes",
    title="Daz visemes",
    shapes={
        name: looking(f"eCTRLv{name} facs_ctrl_v{name} CTRLVSM{name} VSM{name}", look) for name, look in _DAZ.items()
    },
    least=5,
)
