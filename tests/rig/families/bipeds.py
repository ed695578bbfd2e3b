"""Families of 3ds Max: Biped with its spaces and its digits, Rocketbox's avatars made from it."""

_FINGERS = ("thumb", "index", "middle", "ring", "pinky")


def _biped(
    root: str, *, thighs_below_spine: bool, clavicles_below_neck: bool, face: str = "", nubs: bool = True
) -> str:
    def finger(number: int, joint: str) -> list[str]:
        base = f"{root} <L|R> Finger{number}"
        row = f"            {base} / {base}1 / {base}2 = *_{joint}1 / *_{joint}2 / *_{joint}3"
        return [row, *([f"              {base}Nub @ *_{joint}3+0.02,0,0"] if nubs else [])]

    thighs = [
        f"{root} <L|R> Thigh / {root} <L|R> Calf / {root} <L|R> Foot / {root} <L|R> Toe0"
        " = *_hip / *_knee / *_ankle / *_foot",
        *([f"  {root} <L|R> Toe0Nub @ *_foot+0,0,0.07"] if nubs else []),
    ]
    arms = [
        f"{root} <L|R> Clavicle / {root} <L|R> UpperArm / {root} <L|R> Forearm / {root} <L|R> Hand"
        " = *_collar / *_shoulder / *_elbow / *_wrist",
        *(line[10:] for number, joint in enumerate(_FINGERS) for line in finger(number, joint)),
    ]
    chest = 8
    lines = [
        f"{root} @ pelvis",
        f"  {root} Footsteps @ floor",
        f"  {root} Pelvis = pelvis",
        f"    {root} Spine = spine1",
        *(" " * (6 if thighs_below_spine else 4) + line for line in thighs if thighs_below_spine),
        f"      {root} Spine1 / {root} Spine2 = spine2 / spine3",
        *(" " * chest + line for line in arms if not clavicles_below_neck),
        f"        {root} Neck = neck",
        *(" " * (chest + 2) + line for line in arms if clavicles_below_neck),
        f"          {root} Head = head",
        *([f"            {root} HeadNub @ head+0,0.18,0"] if nubs else []),
        *(f"            {line}" for line in face.splitlines() if line),
        *("    " + line for line in thighs if not thighs_below_spine),
    ]
    return "\n".join(lines)


BIPED = _biped("Bip001", thighs_below_spine=False, clavicles_below_neck=False)
BIPED_TRIANGLE = _biped("Bip01", thighs_below_spine=True, clavicles_below_neck=True)
ROCKETBOX = _biped(
    "Bip01",
    thighs_below_spine=False,
    clavicles_below_neck=True,
    nubs=False,
    face="""
Bip01 MJaw = jaw
  Bip01 MBottomLip @ head+0,-0.04,0.09
Bip01 <L|R>Eye = *_eye_smplhf
Bip01 <L|R>OuterEyebrow @ head+0.04,0.1,0.1
Bip01 MUpperLip @ head+0,-0.01,0.1
""",
)
