"""Families made for film, avatars and Blender: names and hierarchy as their makers ship them."""

_SMPL_BODY = """
{root}Pelvis = pelvis
  {root}<L|R>_Hip / {root}<L|R>_Knee / {root}<L|R>_Ankle / {root}<L|R>_Foot = *_hip / *_knee / *_ankle / *_foot
  {root}Spine1 / {root}Spine2 / {root}Spine3 = spine1 / spine2 / spine3
    {root}Neck / {root}Head = neck / head
    {root}<L|R>_Collar / {root}<L|R>_Shoulder / {root}<L|R>_Elbow / {root}<L|R>_Wrist = *_collar / *_shoulder / *_elbow / *_wrist
      {root}<L|R>_Hand @ *_middle1
"""  # noqa: E501 - a table
SMPL = "m_avg_root @ floor\n" + "\n".join(f"  {line}" for line in _SMPL_BODY.format(root="m_avg_").splitlines() if line)

_SMPL_ROW = """
root @ floor
  pelvis = pelvis
    <left|right>_hip / <left|right>_knee / <left|right>_ankle / <left|right>_foot = *_hip / *_knee / *_ankle / *_foot
    spine1 / spine2 / spine3 = spine1 / spine2 / spine3
      neck / head = neck / head
{face}
      <left|right>_collar / <left|right>_shoulder / <left|right>_elbow / <left|right>_wrist = *_collar / *_shoulder / *_elbow / *_wrist
        <left|right>_index# = *_index#
        <left|right>_middle# = *_middle#
        <left|right>_pinky# = *_pinky#
        <left|right>_ring# = *_ring#
        <left|right>_thumb# = *_thumb#
"""  # noqa: E501 - a table
SMPLX = _SMPL_ROW.format(
    face="        jaw = jaw\n        <left|right>_eye_smplhf = *_eye_smplhf",
)
SMPLH = _SMPL_ROW.format(face="").replace("root @ floor\n", "", 1).replace("\n  ", "\n")

RIGIFY_METARIG = """
spine = pelvis
  spine.001 / spine.002 / spine.003 = spine1 / spine2 / spine3
    spine.004 = neck
      spine.005 @ neck>head:0.5
        spine.006 = head
          face @ head
            eye.<L|R> = *_eye_smplhf
            jaw = jaw
            ear.<L|R> @ head+0.07,0.04,0
            forehead.<L|R> @ head+0.01,0.13,0.1
            nose @ head+0,0.06,0.12
    shoulder.<L|R> = *_collar
      upper_arm.<L|R> / forearm.<L|R> / hand.<L|R> = *_shoulder / *_elbow / *_wrist
        palm.01.<L|R> @ *_wrist>*_index1:0.2
          f_index.0#.<L|R> = *_index#
          thumb.0#.<L|R> = *_thumb#
        palm.02.<L|R> @ *_wrist>*_middle1:0.2
          f_middle.0#.<L|R> = *_middle#
        palm.03.<L|R> @ *_wrist>*_ring1:0.2
          f_ring.0#.<L|R> = *_ring#
        palm.04.<L|R> @ *_wrist>*_pinky1:0.2
          f_pinky.0#.<L|R> = *_pinky#
    breast.<L|R> @ spine3+0.08,0,0.05
  pelvis.<L|R> @ pelvis
  thigh.<L|R> / shin.<L|R> / foot.<L|R> = *_hip / *_knee / *_ankle
    toe.<L|R> = *_foot
    heel.02.<L|R> @ *_ankle+-0.03,-0.06,-0.05
"""

VROID = """
Root @ floor
  J_Bip_C_Hips = pelvis
    J_Bip_C_Spine / J_Bip_C_Chest / J_Bip_C_UpperChest = spine1 / spine2 / spine3
      J_Sec_<L|R>_Bust1 / J_Sec_<L|R>_Bust2 @ spine3+0.06,0.02,0.08 / spine3+0.07,0.02,0.14
      J_Bip_C_Neck / J_Bip_C_Head = neck / head
        J_Adj_<L|R>_FaceEye = *_eye_smplhf
        J_Sec_Hair1_01 / J_Sec_Hair2_01 / J_Sec_Hair3_01 @ head+0,0.12,-0.08 / head+0,0,-0.12 / head+0,-0.15,-0.14
        J_Sec_Hair1_<02|03> / J_Sec_Hair2_<02|03> @ head+0.07,0.12,-0.02 / head+0.09,0,-0.03
      J_Bip_<L|R>_Shoulder / J_Bip_<L|R>_UpperArm / J_Bip_<L|R>_LowerArm / J_Bip_<L|R>_Hand = *_collar / *_shoulder / *_elbow / *_wrist
        J_Bip_<L|R>_Index# = *_index#
        J_Bip_<L|R>_Little# = *_pinky#
        J_Bip_<L|R>_Middle# = *_middle#
        J_Bip_<L|R>_Ring# = *_ring#
        J_Bip_<L|R>_Thumb# = *_thumb#
    J_Sec_<L|R>_CoatSkirtBack_01 / J_Sec_<L|R>_CoatSkirtBack_02 @ pelvis+0.06,-0.05,-0.08 / pelvis+0.07,-0.3,-0.1
    J_Bip_<L|R>_UpperLeg / J_Bip_<L|R>_LowerLeg / J_Bip_<L|R>_Foot / J_Bip_<L|R>_ToeBase = *_hip / *_knee / *_ankle / *_foot
"""  # noqa: E501 - a table

_VRM = """
hips = pelvis
  spine / chest / upperChest = spine1 / spine2 / spine3
    neck / head = neck / head
      <left|right>Eye = *_eye_smplhf
    <left|right>Shoulder / <left|right>UpperArm / <left|right>LowerArm / <left|right>Hand = *_collar / *_shoulder / *_elbow / *_wrist
      <left|right>Index{row} = *_index1 / *_index2 / *_index3
      <left|right>Little{row} = *_pinky1 / *_pinky2 / *_pinky3
      <left|right>Middle{row} = *_middle1 / *_middle2 / *_middle3
      <left|right>Ring{row} = *_ring1 / *_ring2 / *_ring3
      <left|right>Thumb{thumb} = *_thumb1 / *_thumb2 / *_thumb3
  <left|right>UpperLeg / <left|right>LowerLeg / <left|right>Foot / <left|right>Toes = *_hip / *_knee / *_ankle / *_foot
"""  # noqa: E501 - a table


def _vrm(thumb: tuple[str, str, str]) -> str:
    lines: list[str] = []
    for line in _VRM.splitlines():
        for mark, parts in (("{row}", ("Proximal", "Intermediate", "Distal")), ("{thumb}", thumb)):
            if mark in line:
                name, joints = line.strip().replace(mark, "@").split(" = ")
                row = " / ".join(name.replace("@", part) for part in parts)
                line = f"      {row} = {joints}"
        lines.append(line)
    return "\n".join(lines)


VRM0 = _vrm(("Proximal", "Intermediate", "Distal"))
VRM1 = _vrm(("Metacarpal", "Proximal", "Distal"))

AUTO_RIG_PRO = """
root.x = pelvis
  spine_01.x / spine_02.x / spine_03.x = spine1 / spine2 / spine3
    neck.x / head.x = neck / head
      jawbone.x = jaw
      c_eye.<l|r> = *_eye_smplhf
    breast_01.<l|r> @ spine3+0.07,0,0.08
    shoulder.<l|r> = *_collar
      arm_stretch.<l|r> = *_shoulder
        arm_twist.<l|r> @ *_shoulder
        forearm_stretch.<l|r> = *_elbow
          forearm_twist.<l|r> @ *_elbow>*_wrist:0.5
          hand.<l|r> = *_wrist
            index1_base.<l|r> @ *_wrist>*_index1:0.3
              index1.<l|r> / c_index2.<l|r> / c_index3.<l|r> = *_index1 / *_index2 / *_index3
            middle1_base.<l|r> @ *_wrist>*_middle1:0.3
              middle1.<l|r> / c_middle2.<l|r> / c_middle3.<l|r> = *_middle1 / *_middle2 / *_middle3
            ring1_base.<l|r> @ *_wrist>*_ring1:0.3
              ring1.<l|r> / c_ring2.<l|r> / c_ring3.<l|r> = *_ring1 / *_ring2 / *_ring3
            pinky1_base.<l|r> @ *_wrist>*_pinky1:0.3
              pinky1.<l|r> / c_pinky2.<l|r> / c_pinky3.<l|r> = *_pinky1 / *_pinky2 / *_pinky3
            thumb1.<l|r> / c_thumb2.<l|r> / c_thumb3.<l|r> = *_thumb1 / *_thumb2 / *_thumb3
  thigh_stretch.<l|r> = *_hip
    thigh_twist.<l|r> @ *_hip
    leg_stretch.<l|r> = *_knee
      leg_twist.<l|r> @ *_knee>*_ankle:0.5
      foot.<l|r> / toes_01.<l|r> = *_ankle / *_foot
"""

AUTO_RIG_PRO_CONTROLS = """
c_pos @ floor
  c_traj @ floor
    c_root_master.x @ pelvis
      c_root.x = pelvis
        c_thigh_b.<l|r> @ *_hip
          c_thigh_fk.<l|r> / c_leg_fk.<l|r> / c_foot_fk.<l|r> / c_toes_fk.<l|r> = *_hip / *_knee / *_ankle / *_foot
      c_spine_01.x / c_spine_02.x / c_spine_03.x = spine1 / spine2 / spine3
        c_shoulder.<l|r> = *_collar
          c_arm_fk.<l|r> / c_forearm_fk.<l|r> / c_hand_fk.<l|r> = *_shoulder / *_elbow / *_wrist
        c_neck.x / c_head.x = neck / head
          c_jawbone.x = jaw
    c_foot_ik.<l|r> @ *_ankle
      c_foot_01.<l|r> @ *_foot
    c_hand_ik.<l|r> @ *_wrist
    hand.<l|r> @ *_wrist
      c_index1.<l|r> / c_index2.<l|r> / c_index3.<l|r> = *_index1 / *_index2 / *_index3
      c_middle1.<l|r> / c_middle2.<l|r> / c_middle3.<l|r> = *_middle1 / *_middle2 / *_middle3
      c_ring1.<l|r> / c_ring2.<l|r> / c_ring3.<l|r> = *_ring1 / *_ring2 / *_ring3
      c_pinky1.<l|r> / c_pinky2.<l|r> / c_pinky3.<l|r> = *_pinky1 / *_pinky2 / *_pinky3
      c_thumb1.<l|r> / c_thumb2.<l|r> / c_thumb3.<l|r> = *_thumb1 / *_thumb2 / *_thumb3
    c_arms_pole.<l|r> @ *_elbow+0,0,-0.5
    c_leg_pole.<l|r> @ *_knee+0,0,0.5
"""

CHARACTER_CREATOR = """
CC_Base_BoneRoot @ floor
  CC_Base_Hip = pelvis
    CC_Base_Pelvis @ pelvis
      CC_Base_<L|R>_Thigh = *_hip
        CC_Base_<L|R>_ThighTwist01 / CC_Base_<L|R>_ThighTwist02 @ *_hip / *_hip>*_knee:0.5
        CC_Base_<L|R>_Calf = *_knee
          CC_Base_<L|R>_CalfTwist01 / CC_Base_<L|R>_CalfTwist02 @ *_knee / *_knee>*_ankle:0.5
          CC_Base_<L|R>_Foot / CC_Base_<L|R>_ToeBase = *_ankle / *_foot
            CC_Base_<L|R>_BigToe1 @ *_foot+-0.02,0,0.03
            CC_Base_<L|R>_PinkyToe1 @ *_foot+0.03,0,0.02
          CC_Base_<L|R>_KneeShareBone @ *_knee
    CC_Base_Waist / CC_Base_Spine01 / CC_Base_Spine02 = spine1 / spine2 / spine3
      CC_Base_NeckTwist01 = neck
        CC_Base_NeckTwist02 @ neck>head:0.5
          CC_Base_Head = head
            CC_Base_FacialBone @ head
              CC_Base_JawRoot = jaw
                CC_Base_Tongue01 @ head+0,0,0.05
                CC_Base_Teeth02 @ head+0,-0.03,0.07
              CC_Base_<L|R>_Eye = *_eye_smplhf
              CC_Base_UpperJaw @ head+0,0.01,0.05
      CC_Base_<L|R>_Clavicle = *_collar
        CC_Base_<L|R>_Upperarm = *_shoulder
          CC_Base_<L|R>_UpperarmTwist01 / CC_Base_<L|R>_UpperarmTwist02 @ *_shoulder / *_shoulder>*_elbow:0.5
          CC_Base_<L|R>_Forearm = *_elbow
            CC_Base_<L|R>_ForearmTwist01 / CC_Base_<L|R>_ForearmTwist02 @ *_elbow / *_elbow>*_wrist:0.5
            CC_Base_<L|R>_ElbowShareBone @ *_elbow
            CC_Base_<L|R>_Hand = *_wrist
              CC_Base_<L|R>_Thumb# = *_thumb#
              CC_Base_<L|R>_Index# = *_index#
              CC_Base_<L|R>_Mid# = *_middle#
              CC_Base_<L|R>_Ring# = *_ring#
              CC_Base_<L|R>_Pinky# = *_pinky#
      CC_Base_<L|R>_RibsTwist / CC_Base_<L|R>_Breast @ spine3+0.05,0.05,0.02 / spine3+0.08,0.03,0.09
"""

DAZ_GENESIS_8 = """
hip = pelvis
  pelvis @ pelvis+0,-0.02,0
    <l|r>ThighBend = *_hip
      <l|r>ThighTwist @ *_hip>*_knee:0.5
        <l|r>Shin = *_knee
          <l|r>Foot = *_ankle
            <l|r>Metatarsals @ *_ankle>*_foot:0.4
              <l|r>Toe = *_foot
                <l|r>BigToe @ *_foot+-0.02,0,0.03
                <l|r>SmallToe1 @ *_foot+0.01,0,0.03
            <l|r>Heel @ *_ankle+0,-0.05,-0.04
  abdomenLower = spine1
    abdomenUpper = spine2
      chestLower = spine3
        <l|r>Pectoral @ spine3+0.08,0.05,0.08
        chestUpper @ spine3>neck:0.4
          neckLower = neck
            neckUpper @ neck>head:0.5
              head = head
                upperFaceRig @ head
                lowerJaw = jaw
                  lowerFaceRig @ head+0,-0.02,0.06
                  tongue01 @ head+0,0,0.05
                <l|r>Eye = *_eye_smplhf
                <l|r>Ear @ head+0.07,0.04,0
          <l|r>Collar = *_collar
            <l|r>ShldrBend = *_shoulder
              <l|r>ShldrTwist @ *_shoulder>*_elbow:0.5
                <l|r>ForearmBend = *_elbow
                  <l|r>ForearmTwist @ *_elbow>*_wrist:0.5
                    <l|r>Hand = *_wrist
                      <l|r>Thumb# = *_thumb#
                      <l|r>Carpal1 @ *_wrist>*_index1:0.2
                        <l|r>Index# = *_index#
                      <l|r>Carpal2 @ *_wrist>*_middle1:0.2
                        <l|r>Mid# = *_middle#
                      <l|r>Carpal3 @ *_wrist>*_ring1:0.2
                        <l|r>Ring# = *_ring#
                      <l|r>Carpal4 @ *_wrist>*_pinky1:0.2
                        <l|r>Pinky# = *_pinky#
"""

DAZ_GENESIS_9 = """
hip = pelvis
  pelvis @ pelvis+0,-0.02,0
    <l|r>_thigh = *_hip
      <l|r>_thightwist1 / <l|r>_thightwist2 @ *_hip / *_hip>*_knee:0.5
      <l|r>_shin = *_knee
        <l|r>_foot = *_ankle
          <l|r>_metatarsal @ *_ankle>*_foot:0.4
            <l|r>_toes = *_foot
              <l|r>_bigtoe1 @ *_foot+-0.02,0,0.03
              <l|r>_midtoe1 @ *_foot+0,0,0.03
  spine1 / spine2 / spine3 = spine1 / spine2 / spine3
    <l|r>_pectoral @ spine3+0.08,0.05,0.08
    spine4 @ spine3>neck:0.4
      neck1 = neck
        neck2 @ neck>head:0.5
          head = head
            lowerjaw = jaw
            <l|r>_eye = *_eye_smplhf
            <l|r>_ear @ head+0.07,0.04,0
      <l|r>_shoulder = *_collar
        <l|r>_upperarm = *_shoulder
          <l|r>_upperarmtwist1 / <l|r>_upperarmtwist2 @ *_shoulder / *_shoulder>*_elbow:0.5
          <l|r>_forearm = *_elbow
            <l|r>_forearmtwist1 / <l|r>_forearmtwist2 @ *_elbow / *_elbow>*_wrist:0.5
            <l|r>_hand = *_wrist
              <l|r>_thumb# = *_thumb#
              <l|r>_indexmetacarpal @ *_wrist>*_index1:0.2
                <l|r>_index# = *_index#
              <l|r>_midmetacarpal @ *_wrist>*_middle1:0.2
                <l|r>_mid# = *_middle#
              <l|r>_ringmetacarpal @ *_wrist>*_ring1:0.2
                <l|r>_ring# = *_ring#
              <l|r>_pinkymetacarpal @ *_wrist>*_pinky1:0.2
                <l|r>_pinky# = *_pinky#
"""

MAKEHUMAN_DEFAULT = """
root = pelvis
  pelvis.<L|R> @ pelvis+0,0.005,0
    upperleg01.<L|R> = *_hip
      upperleg02.<L|R> @ *_hip>*_knee:0.2
        lowerleg01.<L|R> = *_knee
          lowerleg02.<L|R> @ *_knee>*_ankle:0.5
            foot.<L|R> = *_ankle
              toe1-1.<L|R> / toe1-2.<L|R> @ *_foot+-0.03,0,0 / *_foot+-0.03,0,0.03
              toe2-1.<L|R> / toe2-2.<L|R> / toe2-3.<L|R> @ *_foot+-0.01,0,0 / *_foot+-0.01,0,0.02 / *_foot+-0.01,0,0.03
              toe3-1.<L|R> / toe3-2.<L|R> / toe3-3.<L|R> @ *_foot / *_foot+0,0,0.02 / *_foot+0,0,0.03
              toe4-1.<L|R> / toe4-2.<L|R> / toe4-3.<L|R> @ *_foot+0.01,0,0 / *_foot+0.01,0,0.02 / *_foot+0.01,0,0.03
              toe5-1.<L|R> / toe5-2.<L|R> / toe5-3.<L|R> @ *_foot+0.03,0,-0.01 / *_foot+0.03,0,0.01 / *_foot+0.03,0,0.02
  spine05 @ pelvis+0,0.005,0
    spine04 / spine03 / spine02 = spine1 / spine2 / spine3
      breast.<L|R> @ spine3+0.08,0.08,0.08
      spine01 @ spine3>neck:0.5
        neck01 = neck
          neck02 / neck03 @ neck>head:0.33 / neck>head:0.66
            head = head
              jaw = jaw
                tongue00 / tongue01 @ head+0,0,0.03 / head+0,0,0.05
              eye.<L|R> = *_eye_smplhf
              levator02.<L|R> @ head+0.02,0.02,0.1
              special04 @ head+0,-0.02,0.05
        clavicle.<L|R> = *_collar
          shoulder01.<L|R> @ *_collar>*_shoulder:0.5
            upperarm01.<L|R> = *_shoulder
              upperarm02.<L|R> @ *_shoulder>*_elbow:0.3
                lowerarm01.<L|R> = *_elbow
                  lowerarm02.<L|R> @ *_elbow>*_wrist:0.5
                    wrist.<L|R> = *_wrist
                      finger1-#.<L|R> = *_thumb#
                      metacarpal1.<L|R> @ *_wrist>*_index1:0.2
                        finger2-#.<L|R> = *_index#
                      metacarpal2.<L|R> @ *_wrist>*_middle1:0.2
                        finger3-#.<L|R> = *_middle#
                      metacarpal3.<L|R> @ *_wrist>*_ring1:0.2
                        finger4-#.<L|R> = *_ring#
                      metacarpal4.<L|R> @ *_wrist>*_pinky1:0.2
                        finger5-#.<L|R> = *_pinky#
"""

MAKEHUMAN_RIGIFY = RIGIFY_METARIG.replace("    breast.<L|R> @ spine3+0.08,0,0.05\n", "").replace(
    "spine = pelvis\n", "spine = pelvis\n  DEF-pelvis-helper.<L|R> @ *_hip\n"
)

BLENDER = """
root @ floor
  hips = pelvis
    spine / chest / upper_chest = spine1 / spine2 / spine3
      neck / head = neck / head
        eye.<L|R> = *_eye_smplhf
        jaw = jaw
      shoulder.<L|R> / upper_arm.<L|R> / lower_arm.<L|R> / hand.<L|R> = *_collar / *_shoulder / *_elbow / *_wrist
        index.0#.<L|R> = *_index#
        middle.0#.<L|R> = *_middle#
        ring.0#.<L|R> = *_ring#
        pinky.0#.<L|R> = *_pinky#
        thumb.0#.<L|R> = *_thumb#
    upper_leg.<L|R> / lower_leg.<L|R> / foot.<L|R> / toe.<L|R> = *_hip / *_knee / *_ankle / *_foot
"""
