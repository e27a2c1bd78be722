(* Steps as state transformers.

   A model's parameters are *cells* (a weight, or one entry of an item's row; a single byte of one,
   if you like).  Cells that are always touched together form a *block*.  A state gives a value to
   every cell.  Nothing at all is assumed of values: they may be rounded floating-point numbers, for
   which addition is not associative, and no theorem here ever does arithmetic on them.

   A *hyperedge* lists the blocks that a step may write and those that it may read.  A block that is
   written counts as read too, so a step may update it in place, or leave it alone.

   The theorem of this file: two steps that do not conflict commute.

   Two states are never asked to be equal as functions (that would need the axiom of functional
   extensionality); they are the [same] when they agree on every cell. *)

Require Import List.
Import ListNotations.

(* * Hyperedges and conflicts *)

Record hyperedge (block : Type) := Hyperedge { writes : list block; reads : list block }.
Arguments Hyperedge {block} writes reads.
Arguments writes {block} h.
Arguments reads {block} h.

Section Conflict.
  Context {block : Type}.

  Definition touches (e : hyperedge block) (b : block) : Prop := In b (writes e) \/ In b (reads e).

  (* Two steps conflict when they share a block that one of them writes. *)
  Definition conflict (e f : hyperedge block) : Prop :=
    exists b, (In b (writes e) /\ touches f b) \/ (In b (writes f) /\ touches e b).

  Lemma conflict_sym : forall e f, conflict e f -> conflict f e.
  Proof. intros e f [b H]; exists b; tauto. Qed.
End Conflict.

(* * States and steps *)

Section Step.
  Context {block cell value : Type}.
  Variable block_dec : forall a b : block, {a = b} + {a <> b}.
  Variable block_of : cell -> block.

  Definition state : Type := cell -> value.

  Definition same (s t : state) : Prop := forall x, s x = t x.

  Lemma same_refl : forall s, same s s.
  Proof. intros s x; reflexivity. Qed.

  Lemma same_sym : forall s t, same s t -> same t s.
  Proof. intros s t H x; symmetry; apply H. Qed.

  Lemma same_trans : forall s t u, same s t -> same t u -> same s u.
  Proof. intros s t u H K x; rewrite H; apply K. Qed.

  (* Frame: a step changes nothing outside the blocks that it declares as written. *)
  Definition frame (e : hyperedge block) (f : state -> state) : Prop :=
    forall s x, ~ In (block_of x) (writes e) -> f s x = s x.

  (* Locality: what it leaves in the written blocks depends on its hyperedge alone. *)
  Definition local (e : hyperedge block) (f : state -> state) : Prop :=
    forall s t, (forall x, touches e (block_of x) -> s x = t x) ->
    forall x, In (block_of x) (writes e) -> f s x = f t x.

  (* [f] is a step with hyperedge [e]. *)
  Definition obeys (e : hyperedge block) (f : state -> state) : Prop := frame e f /\ local e f.

  (* A step does not tell states apart that are the same. *)
  Lemma step_same : forall e f, obeys e f -> forall s t, same s t -> same (f s) (f t).
  Proof.
    intros e f [Hframe Hlocal] s t H x.
    destruct (in_dec block_dec (block_of x) (writes e)) as [W | W].
    - apply Hlocal; [intros y _; apply H | exact W].
    - rewrite !Hframe by exact W; apply H.
  Qed.

  (* Half of commutation: on what [f] writes, it does not matter whether [g] went before. *)
  Lemma commute_on_writes : forall e f d g, obeys e f -> obeys d g -> ~ conflict e d ->
    forall s x, In (block_of x) (writes e) -> f (g s) x = g (f s) x.
  Proof.
    intros e f d g [_ Flocal] [Gframe _] N s x W.
    rewrite (Gframe (f s)).
    - apply Flocal; [|exact W].
      intros y T; apply Gframe; intro Wd; apply N; exists (block_of y); tauto.
    - intro Wd; apply N; exists (block_of x); unfold touches; tauto.
  Qed.

  (* Steps that do not conflict commute.

     A cell that f writes is outside what g writes and reads, and the other way round; a cell that
     neither writes keeps its value. *)
  Theorem commute : forall e f d g, obeys e f -> obeys d g -> ~ conflict e d ->
    forall s, same (f (g s)) (g (f s)).
  Proof.
    intros e f d g F G N s x.
    destruct (in_dec block_dec (block_of x) (writes e)) as [We | We].
    - exact (commute_on_writes e f d g F G N s x We).
    - destruct (in_dec block_dec (block_of x) (writes d)) as [Wd | Wd].
      + symmetry; refine (commute_on_writes d g e f G F _ s x Wd).
        intro C; apply N, conflict_sym, C.
      + destruct F as [Fframe _], G as [Gframe _].
        now rewrite Fframe, Gframe, Gframe, Fframe by assumption.
  Qed.
End Step.

Arguments state cell value : clear implicits.
