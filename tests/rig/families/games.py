"""Families of game engines, motion capture and 3ds Max: names and hierarchy as their makers ship them."""

_HANDS_MIXAMO = """
{p}<Left|Right>HandThumb1 / {p}<Left|Right>HandThumb2 / {p}<Left|Right>HandThumb3 = *_thumb1 / *_thumb2 / *_thumb3
  {p}<Left|Right>HandThumb4 @ *_thumb3+0.025,-0.01,0.015
{p}<Left|Right>HandIndex1 / {p}<Left|Right>HandIndex2 / {p}<Left|Right>HandIndex3 = *_index1 / *_index2 / *_index3
  {p}<Left|Right>HandIndex4 @ *_index3+0.022,0,0
{p}<Left|Right>HandMiddle1 / {p}<Left|Right>HandMiddle2 / {p}<Left|Right>HandMiddle3 = *_middle1 / *_middle2 / *_middle3
  {p}<Left|Right>HandMiddle4 @ *_middle3+0.024,0,0
{p}<Left|Right>HandRing1 / {p}<Left|Right>HandRing2 / {p}<Left|Right>HandRing3 = *_ring1 / *_ring2 / *_ring3
  {p}<Left|Right>HandRing4 @ *_ring3+0.022,0,0
{p}<Left|Right>HandPinky1 / {p}<Left|Right>HandPinky2 / {p}<Left|Right>HandPinky3 = *_pinky1 / *_pinky2 / *_pinky3
  {p}<Left|Right>HandPinky4 @ *_pinky3+0.018,0,0
"""


def _indented(text: str, depth: int, **values: str) -> str:
    return "\n".join(" " * depth + line for line in text.format(**values).splitlines() if line)


_MIXAMO = """
{p}Hips = pelvis
  {p}Spine / {p}Spine1 / {p}Spine2 = spine1 / spine2 / spine3
    {p}Neck / {p}Head = neck / head
      {p}HeadTop_End @ head+0,0.18,0
{eyes}
    {p}<Left|Right>Shoulder / {p}<Left|Right>Arm / {p}<Left|Right>ForeArm / {p}<Left|Right>Hand = *_collar / *_shoulder / *_elbow / *_wrist
{hands}
  {p}<Left|Right>UpLeg / {p}<Left|Right>Leg / {p}<Left|Right>Foot / {p}<Left|Right>ToeBase = *_hip / *_knee / *_ankle / *_foot
    {p}<Left|Right>Toe_End @ *_foot+0,0,0.07
"""  # noqa: E501 - a table


def _mixamo(prefix: str, eyes: str = "") -> str:
    return _MIXAMO.format(p=prefix, eyes=eyes, hands=_indented(_HANDS_MIXAMO, 6, p=prefix))


MIXAMO = _mixamo("mixamorig:")
MIXAMO_WITH_EYES = _mixamo("mixamorig:", "      mixamorig:<Left|Right>Eye = *_eye_smplhf")
"""As of Mixamo's X-Bot."""
READY_PLAYER_ME = _mixamo("", "      <Left|Right>Eye = *_eye_smplhf")

_UE4_HAND = """
thumb_0#_<l|r> = *_thumb#
index_0#_<l|r> = *_index#
middle_0#_<l|r> = *_middle#
ring_0#_<l|r> = *_ring#
pinky_0#_<l|r> = *_pinky#
"""
_UE5_HAND = """
thumb_0#_<l|r> = *_thumb#
index_metacarpal_<l|r> @ *_wrist>*_index1:0.3
  index_0#_<l|r> = *_index#
middle_metacarpal_<l|r> @ *_wrist>*_middle1:0.3
  middle_0#_<l|r> = *_middle#
ring_metacarpal_<l|r> @ *_wrist>*_ring1:0.3
  ring_0#_<l|r> = *_ring#
pinky_metacarpal_<l|r> @ *_wrist>*_pinky1:0.3
  pinky_0#_<l|r> = *_pinky#
"""

UNREAL_4 = f"""
root @ floor
  pelvis = pelvis
    spine_01 / spine_02 / spine_03 = spine1 / spine2 / spine3
      clavicle_<l|r> = *_collar
        upperarm_<l|r> = *_shoulder
          lowerarm_<l|r> = *_elbow
            hand_<l|r> = *_wrist
{_indented(_UE4_HAND, 14)}
            lowerarm_twist_01_<l|r> @ *_elbow>*_wrist:0.5
          upperarm_twist_01_<l|r> @ *_shoulder
      neck_01 / head = neck / head
    thigh_<l|r> = *_hip
      calf_<l|r> = *_knee
        calf_twist_01_<l|r> @ *_knee>*_ankle:0.5
        foot_<l|r> / ball_<l|r> = *_ankle / *_foot
      thigh_twist_01_<l|r> @ *_hip
  ik_foot_root @ floor
    ik_foot_<l|r> @ *_ankle
  ik_hand_root @ floor
    ik_hand_gun @ right_wrist
      ik_hand_<l|r> @ *_wrist
"""

_UE5 = """
root @ floor
  pelvis = pelvis
    spine_01 = spine1
      spine_02 @ spine1>spine2:0.5
        spine_03 = spine2
          spine_04 @ spine2>spine3:0.5
            spine_05 = spine3
              neck_01 = neck
                neck_02 @ neck>head:0.5
                  head = head
{face}
              clavicle_<l|r> = *_collar
                clavicle_{extra}_<l|r> @ *_collar
                upperarm_<l|r> = *_shoulder
                  lowerarm_<l|r> = *_elbow
                    hand_<l|r> = *_wrist
{hand}
                    lowerarm_twist_02_<l|r> @ *_elbow>*_wrist:0.33
                    lowerarm_twist_01_<l|r> @ *_elbow>*_wrist:0.66
                    lowerarm_correctiveRoot_<l|r> @ *_elbow
                      lowerarm_in_<l|r> @ *_elbow+0,0,0.03
                      lowerarm_out_<l|r> @ *_elbow+0,0,-0.03
                  upperarm_twist_01_<l|r> @ *_shoulder>*_elbow:0.33
                  upperarm_twist_02_<l|r> @ *_shoulder>*_elbow:0.66
                  upperarm_correctiveRoot_<l|r> @ *_shoulder
                    upperarm_bicep_<l|r> @ *_shoulder+0.1,0,0.03
                    upperarm_tricep_<l|r> @ *_shoulder+0.1,0,-0.03
              spine_04_latissimus_<l|r> @ spine3+0.1,-0.05,-0.03
    thigh_<l|r> = *_hip
      calf_<l|r> = *_knee
        foot_<l|r> / ball_<l|r> = *_ankle / *_foot
          bigtoe_01_<l|r> @ *_foot+-0.02,0,0.03
          littletoe_01_<l|r> @ *_foot+0.03,0,0.02
        calf_twist_02_<l|r> @ *_knee>*_ankle:0.33
        calf_twist_01_<l|r> @ *_knee>*_ankle:0.66
        calf_correctiveRoot_<l|r> @ *_knee
          calf_kneeBack_<l|r> @ *_knee+0,0,-0.04
      thigh_twist_01_<l|r> @ *_hip>*_knee:0.33
      thigh_twist_02_<l|r> @ *_hip>*_knee:0.66
      thigh_correctiveRoot_<l|r> @ *_hip
        thigh_fwd_<l|r> @ *_hip+0,0,0.06
  ik_foot_root @ floor
    ik_foot_<l|r> @ *_ankle
  ik_hand_root @ floor
    ik_hand_gun @ right_wrist
      ik_hand_<l|r> @ *_wrist
  interaction @ floor
  center_of_mass @ floor
"""


def _ue5(extra: str, face: str) -> str:
    return _UE5.format(extra=extra, face=face, hand=_indented(_UE5_HAND, 22))


UNREAL_5 = _ue5("out", "")
METAHUMAN = _ue5(
    "pec",
    """                    FACIAL_C_FacialRoot @ head
                      FACIAL_C_Jaw = jaw
                      FACIAL_<L|R>_Eye = *_eye_smplhf
                      FACIAL_<L|R>_Ear @ head+0.07,0.04,0
                      FACIAL_C_Forehead @ head+0,0.12,0.1""",
)

MESH2MOTION = """
root @ floor
  DEF-hips = pelvis
    DEF-spine.001 / DEF-spine.002 / DEF-spine.003 = spine1 / spine2 / spine3
      DEF-neck / DEF-head = neck / head
      DEF-shoulder.<L|R> / DEF-upper_arm.<L|R> / DEF-forearm.<L|R> / DEF-hand.<L|R> = *_collar / *_shoulder / *_elbow / *_wrist
        DEF-f_index.0#.<L|R> = *_index#
        DEF-f_middle.0#.<L|R> = *_middle#
        DEF-f_pinky.0#.<L|R> = *_pinky#
        DEF-f_ring.0#.<L|R> = *_ring#
        DEF-thumb.0#.<L|R> = *_thumb#
    DEF-thigh.<L|R> / DEF-shin.<L|R> / DEF-foot.<L|R> / DEF-toe.<L|R> = *_hip / *_knee / *_ankle / *_foot
"""  # noqa: E501 - a table

MAKEHUMAN_GAME_ENGINE = """
Root @ floor
  pelvis = pelvis
    spine_01 / spine_02 / spine_03 = spine1 / spine2 / spine3
      clavicle_<l|r> / upperarm_<l|r> / lowerarm_<l|r> / hand_<l|r> = *_collar / *_shoulder / *_elbow / *_wrist
        index_0#_<l|r> = *_index#
        middle_0#_<l|r> = *_middle#
        pinky_0#_<l|r> = *_pinky#
        ring_0#_<l|r> = *_ring#
        thumb_0#_<l|r> = *_thumb#
      neck_01 / head = neck / head
    thigh_<l|r> / calf_<l|r> / foot_<l|r> / ball_<l|r> = *_hip / *_knee / *_ankle / *_foot
"""

MAKEHUMAN_CMU = """
Hips = pelvis
  <L|R>HipJoint @ pelvis
    <Left|Right>UpLeg / <Left|Right>Leg / <Left|Right>Foot / <Left|Right>ToeBase = *_hip / *_knee / *_ankle / *_foot
  LowerBack / Spine / Spine1 = spine1 / spine2 / spine3
    <Left|Right>Shoulder / <Left|Right>Arm / <Left|Right>ForeArm / <Left|Right>Hand = *_collar / *_shoulder / *_elbow / *_wrist
      <L|R>Thumb @ *_thumb2
      <Left|Right>FingerBase @ *_wrist>*_index1:0.2
        <Left|Right>HandFinger1 @ *_index1
    Neck = neck
      Neck1 @ neck>head:0.5
        Head = head
"""  # noqa: E501 - a table

CMU_BVH = """
Hips = pelvis
  <L|R>HipJoint @ pelvis
    <Left|Right>UpLeg / <Left|Right>Leg / <Left|Right>Foot / <Left|Right>ToeBase = *_hip / *_knee / *_ankle / *_foot
  LowerBack / Spine / Spine1 = spine1 / spine2 / spine3
    Neck = neck
      Neck1 @ neck>head:0.5
        Head = head
    <Left|Right>Shoulder / <Left|Right>Arm / <Left|Right>ForeArm / <Left|Right>Hand = *_collar / *_shoulder / *_elbow / *_wrist
      <Left|Right>FingerBase @ *_wrist
        <Left|Right>HandIndex1 @ *_wrist>*_index1:0.8
      <L|R>Thumb @ *_wrist
"""  # noqa: E501 - a table

CMU_DAZ_BVH = """
hip = pelvis
  abdomen / chest = spine1 / spine3
    neck / head = neck / head
      <left|right>Eye = *_eye_smplhf
    <l|r>Collar / <l|r>Shldr / <l|r>ForeArm / <l|r>Hand = *_collar / *_shoulder / *_elbow / *_wrist
      <l|r>Thumb1 / <l|r>Thumb2 = *_thumb1 / *_thumb2
      <l|r>Index1 / <l|r>Index2 = *_index1 / *_index2
      <l|r>Mid1 / <l|r>Mid2 = *_middle1 / *_middle2
      <l|r>Ring1 / <l|r>Ring2 = *_ring1 / *_ring2
      <l|r>Pinky1 / <l|r>Pinky2 = *_pinky1 / *_pinky2
  <l|r>Buttock @ pelvis
    <l|r>Thigh / <l|r>Shin / <l|r>Foot = *_hip / *_knee / *_ankle
"""

ZEROEGGS_BVH = """
Hips = pelvis
  Spine = spine1
    Spine1 = spine2
      Spine2 @ spine2>spine3:0.5
        Spine3 = spine3
          Neck = neck
            Neck1 @ neck>head:0.5
              Head = head
                HeadEnd @ head+0,0.18,0
          <Left|Right>Shoulder / <Left|Right>Arm / <Left|Right>ForeArm / <Left|Right>Hand = *_collar / *_shoulder / *_elbow / *_wrist
{hands}
            <Left|Right>ForeArmEnd @ *_wrist
            <Left|Right>ArmEnd @ *_elbow
  <Left|Right>UpLeg / <Left|Right>Leg / <Left|Right>Foot / <Left|Right>ToeBase = *_hip / *_knee / *_ankle / *_foot
    <Left|Right>ToeBaseEnd @ *_foot+0,0,0.07
""".format(hands=_indented(_HANDS_MIXAMO, 12, p=""))  # noqa: E501 - a table

_SMARTBODY_HAND = (
    """
JtThumb{a}<Lf|Rt> = *_thumb1
  JtThumb{b}<Lf|Rt> = *_thumb2
    JtThumb{c}<Lf|Rt> = *_thumb3
      JtThumb{d}<Lf|Rt> @ *_thumb3+0.025,-0.01,0.015
""".format(a="A", b="B", c="C", d="D")
    + "".join(
        f"""JtXA<Lf|Rt> = *_{finger}1
  JtXB<Lf|Rt> = *_{finger}2
    JtXC<Lf|Rt> = *_{finger}3
      JtXD<Lf|Rt> @ *_{finger}3+0.02,0,0
""".replace("X", name)
        for name, finger in (("Index", "index"), ("Middle", "middle"), ("Ring", "ring"), ("Little", "pinky"))
    )
)

SMARTBODY = f"""
JtRoot = pelvis
  JtPelvis @ pelvis
    JtHip<Lf|Rt> / JtKnee<Lf|Rt> / JtAnkle<Lf|Rt> / JtBall<Lf|Rt> = *_hip / *_knee / *_ankle / *_foot
      JtToe<Lf|Rt> @ *_foot+0,0,0.07
  JtSpineA / JtSpineB / JtSpineC = spine1 / spine2 / spine3
    JtClavicle<Lf|Rt> / JtShoulder<Lf|Rt> = *_collar / *_shoulder
      JtUpperArmTwistA<Lf|Rt> @ *_shoulder>*_elbow:0.5
      JtUpperArmTwistB<Lf|Rt> @ *_elbow
        JtElbow<Lf|Rt> = *_elbow
          JtForearmTwistA<Lf|Rt> @ *_elbow>*_wrist:0.5
          JtForearmTwistB<Lf|Rt> @ *_wrist
            JtWrist<Lf|Rt> = *_wrist
{_indented(_SMARTBODY_HAND, 14)}
    JtNeckA = neck
      JtNeckB @ neck>head:0.5
        JtSkullA = head
          JtJaw = jaw
          JtEye<Lf|Rt> = *_eye_smplhf
          JtSkullB @ head+0,0.17,0
"""

SMARTBODY_MOTIONS = """
base = pelvis
  spine1 / spine2 / spine3 = spine1 / spine2 / spine3
    spine4 = neck
      spine5 @ neck>head:0.5
        skullbase = head
          eyeball_<left|right> = *_eye_smplhf
    <l|r>_sternoclavicular = *_collar
      <l|r>_acromioclavicular @ *_collar>*_shoulder:0.5
        <l|r>_shoulder / <l|r>_elbow = *_shoulder / *_elbow
          <l|r>_forearm @ *_elbow>*_wrist:0.6
            <l|r>_wrist = *_wrist
              <l|r>_thumb# = *_thumb#
              <l|r>_index# = *_index#
              <l|r>_middle# = *_middle#
              <l|r>_ring# = *_ring#
              <l|r>_pinky# = *_pinky#
  <l|r>_hip / <l|r>_knee / <l|r>_ankle / <l|r>_forefoot = *_hip / *_knee / *_ankle / *_foot
    <l|r>_toe @ *_foot+0,0,0.07
"""
