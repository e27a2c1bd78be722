(* What the theorems rest on: `make check` demands "Closed under the global context" for each. *)
Require Import Sequent.step Sequent.reorder Sequent.program Sequent.interleave Sequent.plan.
Require Import Sequent.planner Sequent.planner_proof Sequent.sequent.

Print Assumptions commute.
Print Assumptions reorder.
Print Assumptions reorder_positions.
Print Assumptions run_obeys.
Print Assumptions any_schedule.
Print Assumptions race_free.
Print Assumptions terminates.
Print Assumptions can_finish.
Print Assumptions plan_is_serial.
Print Assumptions plan_race_free.
Print Assumptions plan_can_run.
Print Assumptions segments.
Print Assumptions plan_lanes_valid.
Print Assumptions plan_segments_valid.
Print Assumptions plan_like_c_valid.
Print Assumptions planned_is_serial.
