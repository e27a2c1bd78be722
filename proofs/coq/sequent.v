(* The promise of sequent: A_serial(S, π) = A_parallel(S, π).

   An order π is a list of samples, repeats allowed. The step at position k processes the sample
   there by some program; both the program and the hyperedge may depend on k, as step sizes and
   dropout masks do. The hyperedges go to the planner, the plan to the threads, and the memory ends
   as if one thread had processed the samples one by one. *)

Require Import List Arith PArith Lia.
Require Import Sequent.step Sequent.reorder Sequent.program Sequent.interleave Sequent.plan.
Require Import Sequent.planner Sequent.planner_proof.
Import ListNotations.

Section Sequent.
  Context {sample cell value : Type}.
  Variable cell_dec : forall x y : cell, {x = y} + {x <> y}.
  Variable block_of : cell -> block.
  Variable hyperedge_of : nat -> sample -> hyperedge block.
  Variable code : nat -> sample -> program cell value.

  (* Serial SGD: the specification. *)
  Fixpoint serial_sgd (k : nat) (order : list sample) (s : state cell value) : state cell value :=
    match order with
    | [] => s
    | x :: rest => serial_sgd (S k) rest (run cell_dec (code k x) s)
    end.

  Fixpoint hyperedges (k : nat) (order : list sample) : list (hyperedge block) :=
    match order with
    | [] => []
    | x :: rest => hyperedge_of k x :: hyperedges (S k) rest
    end.

  (* The step at a position: nothing where the order has ended. *)
  Definition task (order : list sample) (k : nat) : program cell value :=
    match nth_error order k with Some x => code k x | None => Done end.

  Definition edge (order : list sample) (k : nat) : hyperedge block :=
    match nth_error order k with Some x => hyperedge_of k x | None => Hyperedge [] [] end.

  Lemma hyperedges_length : forall order k, length (hyperedges k order) = length order.
  Proof. induction order; simpl; intro k; auto. Qed.

  Lemma hyperedges_edge : forall order k first e,
    nth_error (hyperedges first order) k = Some e ->
    exists x, nth_error order k = Some x /\ e = hyperedge_of (first + k) x.
  Proof.
    induction order as [|x order IH]; intros [|k] first e H; simpl in *; try discriminate.
    - injection H as <-; exists x; now rewrite Nat.add_0_r.
    - rewrite <- plus_n_Sm; exact (IH k (S first) e H).
  Qed.

  Lemma serial_is_sgd : forall rest before s,
    serial cell_dec (task (before ++ rest)) (length before) (length rest) s =
    serial_sgd (length before) rest s.
  Proof.
    unfold serial, exec; induction rest as [|x rest IH]; intros before s; simpl; [reflexivity|].
    specialize (IH (before ++ [x])); rewrite <- app_assoc, app_length, Nat.add_1_r in IH.
    simpl in IH; rewrite IH; unfold task.
    now rewrite nth_error_app2, Nat.sub_diag by reflexivity.
  Qed.

  (* For any order and any code that keeps to its hyperedges, any number of lanes, any way to choose
     lanes, to take them as full and to close batches, any cut into segments, and any schedule of the threads: the result
     is serial; some schedule runs to its end (and by [terminates] none goes on for ever); and no
     batch has a data race. *)
  Theorem planned_is_serial : forall (order : list sample) L choose full close cuts,
    (forall k x, nth_error order k = Some x -> within block_of (hyperedge_of k x) (code k x)) ->
    (forall past B rest x, length (lanes B) = L -> choose past B rest x < L) ->
    concat cuts = hyperedges 0 order ->
    let P := plan_segments L choose full close 0 cuts in
    (forall s t, runs cell_dec (task order) P s t -> same t (serial_sgd 0 order s)) /\
    (forall s, exists t, runs cell_dec (task order) P s t) /\
    (forall B s now t, In B P ->
       micros cell_dec (map (lane_program (task order)) B, s) (now, t) -> ~ race now).
  Proof.
    intros order L choose full close cuts Within Choose Cuts P.
    assert (V : valid (edge order) 0 (length order) P).
    { rewrite <- (hyperedges_length order 0), <- Cuts.
      apply plan_segments_valid; [exact Choose|].
      rewrite Cuts; intros k e H; apply hyperedges_edge in H as [x [H ->]].
      unfold edge; simpl; now rewrite H. }
    assert (W : forall k, within block_of (edge order k) (task order k)).
    { intro k; unfold edge, task; destruct (nth_error order k) eqn:E; [now apply Within | exact I]. }
    split; [|split].
    - intros s t R; pose proof (serial_is_sgd order [] s) as E; simpl in E; rewrite <- E.
      exact (plan_is_serial Pos.eq_dec cell_dec block_of (edge order) (task order) W _ _ _ V s t R).
    - intro s; apply plan_can_run.
    - exact (plan_race_free cell_dec block_of (edge order) (task order) W _ _ _ V).
  Qed.
End Sequent.
