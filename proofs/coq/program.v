(* Steps as programs.

   What a thread really does in a step is a sequence of single reads and writes of cells, with
   arithmetic in between that only it can see.  Here such a program is a tree: a read continues
   differently for every value that it may return, a write goes on after it.  So the next access may
   depend on all values read before, reads and writes may be mixed, cells may be read or written
   several times, and a cell in the written blocks may be left alone.  Loops are unrolled: every
   program ends.

   The theorem of this file: a program that keeps to its hyperedge is a step in the sense of step.v,
   so that frame and locality need not be assumed of programs. *)

Require Import List.
Require Import Sequent.step.
Import ListNotations.

Inductive program (cell value : Type) : Type :=
| Done
| Read (x : cell) (continue : value -> program cell value)
| Write (x : cell) (v : value) (continue : program cell value).
Arguments Done {cell value}.
Arguments Read {cell value} x continue.
Arguments Write {cell value} x v continue.

Section Program.
  Context {block cell value : Type}.
  Variable cell_dec : forall x y : cell, {x = y} + {x <> y}.
  Variable block_of : cell -> block.
  Notation state := (state cell value).
  Notation program := (program cell value).
  Implicit Types (s t : state) (p q : program).

  Definition set (s : state) (x : cell) (v : value) : state :=
    fun y => if cell_dec x y then v else s y.

  (* Running a program alone. *)
  Fixpoint run p s : state :=
    match p with
    | Done => s
    | Read x k => run (k (s x)) s
    | Write x v k => run k (set s x v)
    end.

  (* First p, then q. *)
  Fixpoint andthen p q : program :=
    match p with
    | Done => q
    | Read x k => Read x (fun v => andthen (k v) q)
    | Write x v k => Write x v (andthen k q)
    end.

  Lemma run_andthen : forall p q s, run (andthen p q) s = run q (run p s).
  Proof. induction p; simpl; auto. Qed.

  (* The program reads cells of its hyperedge alone and writes cells of its written blocks alone. *)
  Fixpoint within (e : hyperedge block) p : Prop :=
    match p with
    | Done => True
    | Read x k => touches e (block_of x) /\ forall v, within e (k v)
    | Write x v k => In (block_of x) (writes e) /\ within e k
    end.

  Lemma within_andthen : forall e p q, within e p -> within e q -> within e (andthen p q).
  Proof. intros e p q; induction p; simpl; intuition. Qed.

  Lemma within_weaken : forall e f p,
    incl (writes e) (writes f) -> incl (reads e) (reads f) -> within e p -> within f p.
  Proof.
    unfold incl, touches; intros e f p W R; induction p; simpl; unfold touches; [easy | |]; firstorder.
  Qed.

  (* Writing one cell is a step. *)
  Lemma set_obeys : forall x v, obeys block_of (Hyperedge [block_of x] []) (fun s => set s x v).
  Proof.
    intros x v; split; unfold set.
    - intros s y N; destruct (cell_dec x y) as [<- |]; [|reflexivity].
      destruct N; now left.
    - intros s t H y W; destruct (cell_dec x y); [reflexivity | apply H; now left].
  Qed.

  Theorem run_obeys : forall e p, within e p -> obeys block_of e (run p).
  Proof.
    intros e p H; split.
    - (* frame *)
      induction p as [|x k IH|x v k IH]; simpl in *; intros s y N; [reflexivity | |].
      + now apply IH.
      + rewrite IH by tauto; unfold set; destruct (cell_dec x y) as [<- |]; tauto.
    - (* locality: agreement on the hyperedge survives every access *)
      induction p as [|x k IH|x v k IH]; simpl in *; intros s t A y W.
      + apply A; now left.
      + rewrite (A x) by tauto; now apply IH.
      + apply IH; [tauto | | exact W].
        intros z T; unfold set; destruct (cell_dec x z); [reflexivity | now apply A].
  Qed.
End Program.
