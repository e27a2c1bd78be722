(* The planner as an OCaml program, for comparison with the C code.

   Numbers are extracted as they are defined in Coq (unary for positions and lanes, binary for blocks
   and loads): no arithmetic is replaced by OCaml's. Only booleans, options, pairs and lists become
   OCaml's own. *)
Require Extraction ExtrOcamlBasic.
Require Import Sequent.step Sequent.planner.

Extraction Language OCaml.
Extraction "planned.ml" plan_like_c Hyperedge.
