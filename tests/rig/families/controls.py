"""Control rigs made of FK chains that stand apart: each limb has a root of its own, constraints join them.

Notation: see `hierarchy`; what the constraints do is in `rig.blenrig_shape`.
"""

BLENRIG = """
master @ floor
  master_body_pivot @ floor
    master_torso / master_torso_pivot @ pelvis / pelvis
      spine_1_fk_mstr @ spine1
        spine_1_fk = spine1
          spine_2_fk = spine2
            spine_3_fk = spine3
              arm_scale_<L|R> @ *_collar
                shoulder_mstr_<L|R> @ *_collar
                  shoulder_<L|R> = *_collar
                    arm_place_<L|R> @ *_shoulder
              spine_3_def @ spine3
      spine_1_ik @ spine1
      spine_3_fk_inv / pelvis_ctrl_mstr @ spine3 / pelvis
        pelvis_ctrl = pelvis
          pelvis_def @ pelvis
            leg_scale_<L|R> @ *_hip
    neck_base_hinge @ neck
      neck_1_fk = neck
        neck_2_fk / neck_3_fk / head_fk_mstr @ neck>head:0.3 / neck>head:0.6 / head
          head_fk = head
            head_def @ head
              mouth_str @ head
                maxi = jaw
  properties @ floor
    properties_head @ floor
    properties_torso @ floor
    properties_arm_<L|R> @ floor
    properties_leg_<L|R> @ floor
arm_ik_<L|R> / forearm_ik_<L|R> @ *_shoulder / *_elbow
arm_mstr_<L|R> @ *_shoulder
  arm_fk_ctrl_<L|R> / arm_fk_mstr_<L|R> @ *_shoulder / *_shoulder
    arm_fk_<L|R> = *_shoulder
      arm_def_<L|R> @ *_shoulder
      forearm_fk_mstr_<L|R> @ *_elbow
        forearm_fk_<L|R> / hand_fk_<L|R> = *_elbow / *_wrist
          hand_def_<L|R> @ *_wrist
            fing_thumb_1_<L|R> = *_thumb1
              fing_thumb_ctrl_mstr_<L|R> @ *_thumb2
                fing_thumb_ctrl_<L|R> = *_thumb2
                fing_thumb_ctrl_track_<L|R> / fing_thumb_2_<L|R> @ *_thumb2 / *_thumb2
                  fing_thumb_3_<L|R> = *_thumb3
            fing_ind_ctrl_<L|R> = *_index1
            fing_ind_ctrl_track_<L|R> / fing_ind_2_<L|R> @ *_index1 / *_index1
              fing_ind_3_<L|R> / fing_ind_4_<L|R> = *_index2 / *_index3
            fing_mid_ctrl_<L|R> = *_middle1
            fing_mid_ctrl_track_<L|R> / fing_mid_2_<L|R> @ *_middle1 / *_middle1
              fing_mid_3_<L|R> / fing_mid_4_<L|R> = *_middle2 / *_middle3
            fing_ring_ctrl_<L|R> = *_ring1
            fing_ring_ctrl_track_<L|R> / fing_ring_2_<L|R> @ *_ring1 / *_ring1
              fing_ring_3_<L|R> / fing_ring_4_<L|R> = *_ring2 / *_ring3
            fing_lit_ctrl_<L|R> = *_pinky1
            fing_lit_ctrl_track_<L|R> / fing_lit_2_<L|R> @ *_pinky1 / *_pinky1
              fing_lit_3_<L|R> / fing_lit_4_<L|R> = *_pinky2 / *_pinky3
hand_ik_ctrl_<L|R> @ *_wrist
thigh_ik_<L|R> / shin_ik_<L|R> @ *_hip / *_knee
thigh_mstr_<L|R> @ *_hip
  thigh_fk_ctrl_<L|R> / thigh_fk_mstr_<L|R> @ *_hip / *_hip
    thigh_fk_<L|R> = *_hip
      shin_fk_mstr_<L|R> @ *_knee
        shin_fk_<L|R> = *_knee
          foot_scale_<L|R> @ *_ankle
            foot_fk_<L|R> / foot_toe_1_fk_<L|R> = *_ankle / *_foot
foot_ik_mstr_<L|R> @ *_ankle
"""
