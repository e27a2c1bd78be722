(* Orders of steps that end in the same state.

   An order is a list of step *occurrences*.  A sample that is drawn twice gives two occurrences,
   told apart by their position in the order, so the list has no repeats even where the samples do.

   The theorem of this file: a permutation of the order that keeps every conflicting pair in its
   relative order ends in the same state. *)

Require Import List Permutation Arith Lia.
Require Import Sequent.step.
Import ListNotations.

(* * "i comes before j in the list" *)

Fixpoint before {A : Type} (l : list A) (i j : A) : Prop :=
  match l with
  | [] => False
  | x :: rest => (x = i /\ In j rest) \/ before rest i j
  end.

Section Before.
  Context {A : Type}.
  Implicit Types (l p q : list A) (a i j x : A).

  Lemma before_in : forall l i j, before l i j -> In i l /\ In j l.
  Proof.
    induction l as [|x l IH]; simpl; intros i j H; [easy|].
    destruct H as [[-> H] | H]; [tauto | destruct (IH _ _ H); tauto].
  Qed.

  Lemma before_drop : forall p a q i j,
    i <> a -> j <> a -> before (p ++ a :: q) i j -> before (p ++ q) i j.
  Proof.
    induction p as [|x p IH]; simpl; intros a q i j Hi Hj H.
    - destruct H as [[E _] | H]; [congruence | exact H].
    - destruct H as [[E H] | H]; [left; split; [exact E|] | right; eauto].
      rewrite in_app_iff in *; simpl in H; destruct H as [H | [H | H]]; [tauto | congruence | tauto].
  Qed.

  (* What stands in front of a does not come after it. *)
  Lemma before_front : forall p a q x, NoDup (p ++ a :: q) -> In x p -> ~ before (p ++ a :: q) a x.
  Proof.
    induction p as [|y p IH]; simpl; intros a q x D H B; [easy|].
    apply NoDup_cons_iff in D as [Ny D]; destruct B as [[-> _] | B].
    - apply Ny, in_elt.
    - destruct H as [-> | H]; [|exact (IH a q x D H B)].
      apply Ny; exact (proj2 (before_in _ _ _ B)).
  Qed.

  Lemma before_app : forall p q i j,
    (In i p /\ In j q) \/ before p i j \/ before q i j -> before (p ++ q) i j.
  Proof.
    induction p as [|x p IH]; simpl; intros q i j H; [tauto|].
    destruct H as [[[-> | Hi] Hj] | [[[-> Hj] | H] | H]].
    - left; rewrite in_app_iff; tauto.
    - right; apply IH; tauto.
    - left; rewrite in_app_iff; tauto.
    - right; apply IH; tauto.
    - right; apply IH; tauto.
  Qed.
End Before.

Lemma before_seq : forall n first i j, before (seq first n) i j -> i < j.
Proof.
  induction n as [|n IH]; simpl; intros first i j H; [easy|].
  destruct H as [[-> H] | H]; [apply in_seq in H; lia | eauto].
Qed.

(* * Reordering *)

Section Reorder.
  Context {block cell value occurrence : Type}.
  Variable block_dec : forall a b : block, {a = b} + {a <> b}.
  Variable block_of : cell -> block.
  Notation state := (state cell value).
  Variable edge : occurrence -> hyperedge block.
  Variable act : occurrence -> state -> state.
  Hypothesis act_obeys : forall i, obeys block_of (edge i) (act i).

  (* The occurrences of a list, one after the other: the first one first. *)
  Definition exec (l : list occurrence) (s : state) : state := fold_left (fun u i => act i u) l s.

  Lemma exec_app : forall l m s, exec (l ++ m) s = exec m (exec l s).
  Proof. intros; apply fold_left_app. Qed.

  Lemma exec_same : forall l s t, same s t -> same (exec l s) (exec l t).
  Proof.
    induction l as [|i l IH]; simpl; intros s t H; [exact H|].
    apply IH, (step_same block_dec block_of (edge i)); auto.
  Qed.

  (* An occurrence moves to the front past others with which it does not conflict. *)
  Lemma move_to_front : forall a p s, (forall x, In x p -> ~ conflict (edge a) (edge x)) ->
    same (act a (exec p s)) (exec p (act a s)).
  Proof.
    induction p as [|x p IH]; simpl; intros s N; [apply same_refl|].
    eapply same_trans; [apply IH; auto|].
    apply exec_same, (commute block_dec block_of (edge a) _ (edge x)); auto.
  Qed.

  (* Selection sort: the occurrence that is first in l is taken to the front of l', past others that
     come after it in l and before it in l', hence do not conflict with it; the rest is induction. *)
  Theorem reorder : forall l l', NoDup l -> Permutation l l' ->
    (forall i j, conflict (edge i) (edge j) -> before l i j -> before l' i j) ->
    forall s, same (exec l' s) (exec l s).
  Proof.
    induction l as [|a l IH]; intros l' D P K s.
    - apply Permutation_nil in P; subst; apply same_refl.
    - assert (In a l') as Ha by (apply (Permutation_in _ P); now left).
      apply in_split in Ha as [p [q ->]].
      assert (D' : NoDup (p ++ a :: q)) by exact (Permutation_NoDup P D).
      apply Permutation_cons_app_inv in P.
      apply NoDup_cons_iff in D as [Na D].
      rewrite exec_app; simpl.
      apply same_trans with (exec q (exec p (act a s))).
      + apply exec_same, move_to_front; intros x Hx C.
        apply (before_front p a q x D' Hx), K; [exact C|].
        left; split; [reflexivity|].
        apply (Permutation_in _ (Permutation_sym P)), in_app_iff; now left.
      + rewrite <- exec_app; apply IH; [exact D | exact P |].
        intros i j C B.
        destruct (before_in _ _ _ B).
        apply before_drop with a; [congruence | congruence | apply K; [exact C | now right]].
  Qed.
End Reorder.

(* For an order π of n steps the occurrences are the positions 0 … n - 1 (or a segment of π that
   begins elsewhere). *)
Section Positions.
  Context {block cell value : Type}.
  Variable block_dec : forall a b : block, {a = b} + {a <> b}.
  Variable block_of : cell -> block.
  Variable edge : nat -> hyperedge block.
  Variable act : nat -> state cell value -> state cell value.
  Hypothesis act_obeys : forall i, obeys block_of (edge i) (act i).

  Theorem reorder_positions : forall first n l, Permutation (seq first n) l ->
    (forall i j, i < j -> conflict (edge i) (edge j) -> In i l -> In j l -> before l i j) ->
    forall s, same (exec act l s) (exec act (seq first n) s).
  Proof.
    intros first n l P K s.
    refine (reorder block_dec block_of edge act act_obeys _ _ (seq_NoDup _ _) P _ s).
    intros i j C B; destruct (before_in _ _ _ B) as [Hi Hj].
    apply K; [exact (before_seq _ _ _ _ B) | exact C | |]; apply (Permutation_in _ P); assumption.
  Qed.
End Positions.
