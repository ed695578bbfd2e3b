"""One alphabet for the speech sounds of all synthesisers: CMUdict's (ARPAbet; vowels with 0, or 1 where stressed)."""

from __future__ import annotations

VOWELS = frozenset(("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"))
_RADIO = {
    "AX": "AH", "AXR": "ER", "IX": "IH", "UX": "UW", "DX": "T", "NX": "N", "HV": "HH", "EL": "L", "EM": "M",
    "EN": "N", "ENG": "NG",
}  # fmt: skip
"""What festival's and flite's American voices write in their own way."""
_ESPEAK = {
    "a": "AE", "aa": "AE", "a#": "AH", "A": "AA", "A@": "AA", "0": "AA", "0#": "AA", "O": "AO", "O@": "AO", "o@": "AO",
    "o": "OW", "E": "EH", "E2": "EH", "e": "EY", "e@": "EH", "I": "IH", "I2": "IH", "I#": "IH", "i": "IY", "i@": "IH",
    "i@3": "IH", "@": "AH", "@2": "AH", "@5": "AH", "@L": "L", "3": "ER", "U": "UH", "u": "UW", "U@": "UH", "V": "AH",
    "VR": "ER", "aI": "AY", "aI@": "AY", "aI3": "AY", "aU": "AW", "aU@": "AW", "eI": "EY", "oU": "OW", "OI": "OY",
    "T": "TH", "D": "DH", "S": "SH", "Z": "ZH", "N": "NG", "h": "HH", "j": "Y", "tS": "CH", "dZ": "JH", "R": "R",
    "r-": "R", "n-": "N", "l-": "L", "L": "L", "x": "K", "?": "T", "w#": "W", "ts": "T",
}  # fmt: skip
"""espeak-ng's mnemonics, without length marks."""


def arpabet(label: str, *, is_stressed: bool, engine: str) -> str:
    """Return a synthesiser's speech sound in ARPAbet; one that no table knows keeps its letters, upper case."""
    if engine == "espeak":
        bare = label.strip("',%=_|; ").replace(":", "").rstrip(";~^-`")
        plain = bare.rstrip("#23") or bare
        sound = _ESPEAK.get(label) or _ESPEAK.get(bare) or _ESPEAK.get(plain) or plain.upper()
    else:
        sound = _RADIO.get(label.upper(), label.upper())
    return f"{sound}{int(is_stressed)}" if sound in VOWELS else sound
