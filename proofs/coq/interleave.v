(* Lanes that run at once.

   A machine state is one program for each lane (what the lane has still to do) and the shared
   memory.  A [micro] step performs one read or one write of some lane; which lane, is up to nobody
   knows whom: a schedule is any sequence of micro steps.  This is sequential consistency.

   If the hyperedges of the lanes do not conflict, then

     [any_schedule]   whatever the schedule, the memory at the end is that of running the lanes one
                      after another;
     [race_free]      no schedule ever reaches a moment at which two lanes are about to access the
                      same cell, one of them writing.  This is the condition under which the C11
                      standard promises sequential consistency for plain memory;
     [terminates]     there is no infinite schedule, and one that cannot go on has ended all lanes. *)

Require Import List Relations Lia.
Require Import Sequent.step Sequent.program.
Import ListNotations.

Section Interleave.
  Context {block cell value : Type}.
  Variable block_dec : forall a b : block, {a = b} + {a <> b}.
  Variable cell_dec : forall x y : cell, {x = y} + {x <> y}.
  Variable block_of : cell -> block.
  Notation state := (state cell value).
  Notation program := (program cell value).
  Notation run := (run cell_dec).
  Notation set := (set cell_dec).
  Notation within := (within block_of).
  Implicit Types (s t : state) (p q : program) (ps qs : list program) (es : list (hyperedge block)).

  (* * The machine *)

  Inductive micro : list program * state -> list program * state -> Prop :=
  | micro_read : forall ps x k qs s,
      micro (ps ++ Read x k :: qs, s) (ps ++ k (s x) :: qs, s)
  | micro_write : forall ps x v k qs s,
      micro (ps ++ Write x v k :: qs, s) (ps ++ k :: qs, set s x v).

  (* Any number of micro steps. *)
  Definition micros := clos_refl_trans_1n _ micro.

  Definition finished ps : Prop := Forall (fun p => p = Done) ps.

  (* The lanes one after another. *)
  Definition in_turn ps s : state := fold_left (fun u p => run p u) ps s.

  (* Each program keeps to its lane's hyperedge, and no two of these conflict. *)
  Definition disjoint es : Prop := ForallOrdPairs (fun e f => ~ conflict e f) es.
  Definition apart es ps : Prop := Forall2 within es ps /\ disjoint es.

  (* * Invariants *)

  (* A micro step keeps every lane within its hyperedge. *)
  Lemma within_micro : forall es ps s qs t,
    micro (ps, s) (qs, t) -> Forall2 within es ps -> Forall2 within es qs.
  Proof.
    intros es ps s qs t M W; inversion M; subst;
      apply Forall2_app_inv_r in W as [es1 [es2 [W1 [W2 ->]]]];
      inversion W2 as [|e p' es3 qs' We W3]; subst; simpl in We;
      apply Forall2_app; try constructor; try apply We; assumption.
  Qed.

  Lemma apart_micro : forall es ps s qs t,
    micro (ps, s) (qs, t) -> apart es ps -> apart es qs.
  Proof. intros es ps s qs t M [W D]; split; [eapply within_micro; eassumption | exact D]. Qed.

  Lemma apart_micros : forall es c d, micros c d -> apart es (fst c) -> apart es (fst d).
  Proof.
    intros es c d M; induction M as [|[ps s] [qs t] d M _ IH]; [easy|].
    intro A; apply IH; simpl in *; eapply apart_micro; eassumption.
  Qed.

  Lemma in_turn_same : forall es ps s t,
    Forall2 within es ps -> same s t -> same (in_turn ps s) (in_turn ps t).
  Proof.
    intros es ps s t W; revert s t; induction W as [|e p es ps We W IH]; simpl; intros s t H; [exact H|].
    apply IH, (step_same block_dec block_of e); [now apply run_obeys | exact H].
  Qed.

  (* What the lanes in front cannot touch, they can neither see nor change. *)
  Lemma in_front_set : forall es ps x v s, Forall2 within es ps ->
    Forall (fun e => ~ touches e (block_of x)) es ->
    same (in_turn ps (set s x v)) (set (in_turn ps s) x v).
  Proof.
    intros es ps x v s W N; revert s N.
    induction W as [|e p es ps We W IH]; simpl; intros s N; [apply same_refl|].
    inversion N as [|e' es' Ne Nes]; subst.
    eapply same_trans; [|now apply IH].
    apply (in_turn_same es); [exact W|].
    apply (commute block_dec block_of e _ (Hyperedge [block_of x] []) (fun u => set u x v)).
    - now apply run_obeys.
    - apply set_obeys.
    - intros [b C]; unfold touches in *; simpl in *.
      assert (b = block_of x) by (intuition congruence); subst; tauto.
  Qed.

  Lemma in_front_frame : forall es ps x s, Forall2 within es ps ->
    Forall (fun e => ~ In (block_of x) (writes e)) es -> in_turn ps s x = s x.
  Proof.
    intros es ps x s W N; revert s N.
    induction W as [|e p es ps We W IH]; simpl; intros s N; [reflexivity|].
    inversion N as [|e' es' Ne Nes]; subst.
    rewrite IH by assumption.
    now apply (run_obeys cell_dec block_of e p We).
  Qed.

  Lemma disjoint_front : forall es1 e es2, disjoint (es1 ++ e :: es2) ->
    Forall (fun d => ~ conflict d e) es1.
  Proof.
    induction es1 as [|d es1 IH]; simpl; intros e es2 D; [constructor|].
    inversion D as [|d' es' Hd D']; subst; constructor.
    - rewrite Forall_forall in Hd; apply Hd, in_elt.
    - eapply IH; eassumption.
  Qed.

  (* The heart: a micro step does not change where running the lanes in turn would lead. Its lane's
     turn comes after the lanes in front, and its access commutes with all that they do. *)
  Lemma micro_in_turn : forall es ps s qs t, apart es ps -> micro (ps, s) (qs, t) ->
    same (in_turn qs t) (in_turn ps s).
  Proof.
    intros es ps s qs t [W D] M; inversion M; subst;
      apply Forall2_app_inv_r in W as [es1 [es2 [W1 [W2 ->]]]];
      inversion W2 as [|e p' es3 qs' We W3]; subst; simpl in We; destruct We as [T We];
      apply disjoint_front in D; unfold in_turn; rewrite !fold_left_app; simpl.
    - rewrite (in_front_frame es1); [apply same_refl | exact W1 |].
      eapply Forall_impl; [|exact D]; intros d N Wd; apply N; exists (block_of x); tauto.
    - apply (in_turn_same es3); [exact W3|].
      apply (step_same block_dec block_of e); [now apply run_obeys|].
      apply (in_front_set es1); [exact W1|].
      eapply Forall_impl; [|exact D]; intros d N Td; apply N; exists (block_of x); tauto.
  Qed.

  Lemma micros_in_turn : forall es c d, apart es (fst c) -> micros c d ->
    same (in_turn (fst d) (snd d)) (in_turn (fst c) (snd c)).
  Proof.
    intros es c d A M; induction M as [|[ps s] [qs t] d M _ IH]; [apply same_refl|].
    eapply same_trans; [apply IH; simpl in *; eapply apart_micro; eassumption|].
    simpl in *; eapply micro_in_turn; eassumption.
  Qed.

  Lemma in_turn_finished : forall ps s, finished ps -> in_turn ps s = s.
  Proof. intros ps s F; revert s; induction F as [|p ps -> F IH]; simpl; auto. Qed.

  (* * The theorems *)

  Theorem any_schedule : forall es ps s qs t, apart es ps ->
    micros (ps, s) (qs, t) -> finished qs -> same t (in_turn ps s).
  Proof.
    intros es ps s qs t A M F.
    pose proof (micros_in_turn es (ps, s) (qs, t) A M) as H; simpl in H.
    now rewrite in_turn_finished in H.
  Qed.

  (* The cell that a program accesses next, if any, and whether it writes it. *)
  Definition accesses p x : Prop := (exists k, p = Read x k) \/ (exists v k, p = Write x v k).
  Definition overwrites p x : Prop := exists v k, p = Write x v k.

  Definition race ps : Prop := exists i j p q x, i <> j /\
    nth_error ps i = Some p /\ nth_error ps j = Some q /\ overwrites p x /\ accesses q x.

  Lemma disjoint_nth : forall es i j e f, disjoint es -> i <> j ->
    nth_error es i = Some e -> nth_error es j = Some f -> ~ conflict e f.
  Proof.
    intros es i j e f D; revert i j; induction D as [|d es H D IH]; intros i j N Hi Hj.
    - destruct i; discriminate.
    - rewrite Forall_forall in H.
      destruct i as [|i], j as [|j]; simpl in *; [congruence | | |].
      + injection Hi as ->; apply H; eapply nth_error_In; eassumption.
      + injection Hj as ->; intro C; apply (H e); [eapply nth_error_In; eassumption|].
        now apply conflict_sym.
      + eapply IH; [|eassumption|eassumption]; congruence.
  Qed.

  Lemma within_nth : forall es ps i p, Forall2 within es ps -> nth_error ps i = Some p ->
    exists e, nth_error es i = Some e /\ within e p.
  Proof.
    intros es ps i p W; revert i; induction W as [|e q es ps We W IH]; intros [|i] H; try discriminate.
    - injection H as ->; exists e; split; [reflexivity | exact We].
    - now apply IH.
  Qed.

  Lemma apart_no_race : forall es ps, apart es ps -> ~ race ps.
  Proof.
    intros es ps [W D] [i [j [p [q [x [N [Hi [Hj [[v [k ->]] A]]]]]]]]].
    destruct (within_nth es ps i _ W Hi) as [e [Ei We]].
    destruct (within_nth es ps j _ W Hj) as [f [Ej Wf]].
    apply (disjoint_nth es i j e f D N Ei Ej); exists (block_of x); left.
    split; [apply We|].
    destruct A as [[k' ->] | [v' [k' ->]]]; [apply Wf | left; apply Wf].
  Qed.

  Theorem race_free : forall es ps s qs t, apart es ps -> micros (ps, s) (qs, t) -> ~ race qs.
  Proof.
    intros es ps s qs t A M; apply (apart_no_race es); exact (apart_micros es _ _ M A).
  Qed.

  (* A machine that cannot take a micro step has ended all lanes. *)
  Lemma progress : forall ps s, finished ps \/ exists c, micro (ps, s) c.
  Proof.
    induction ps as [|[|x k|x v k] ps IH]; intro s.
    - left; constructor.
    - destruct (IH s) as [F | [c M]]; [left; now constructor | right].
      inversion M; subst.
      + exists (Done :: ps0 ++ k (s x) :: qs, s); apply (micro_read (Done :: ps0)).
      + exists (Done :: ps0 ++ k :: qs, set s x v); apply (micro_write (Done :: ps0)).
    - right; exists (k (s x) :: ps, s); apply (micro_read []).
    - right; exists (k :: ps, set s x v); apply (micro_write []).
  Qed.

  (* For termination the memory does not matter: a read may return anything. *)
  Inductive shrink : list program -> list program -> Prop :=
  | shrink_read : forall ps x k v qs, shrink (ps ++ k v :: qs) (ps ++ Read x k :: qs)
  | shrink_write : forall ps x v k qs, shrink (ps ++ k :: qs) (ps ++ Write x v k :: qs).

  Lemma shrink_cons : forall ps p qs, shrink qs (p :: ps) ->
    (exists ps', qs = p :: ps' /\ shrink ps' ps) \/
    (exists x k v, p = Read x k /\ qs = k v :: ps) \/ (exists x v k, p = Write x v k /\ qs = k :: ps).
  Proof.
    intros ps p qs H; inversion H as [front x k v back Hq Hp | front x v k back Hq Hp];
      destruct front as [|p' front]; simpl in *; injection Hp as <- <-.
    - right; left; eauto.
    - left; exists (front ++ k v :: back); split; [reflexivity | apply shrink_read].
    - right; right; eauto.
    - left; exists (front ++ k :: back); split; [reflexivity | apply shrink_write].
  Qed.

  Lemma shrink_ends : forall ps, Acc shrink ps.
  Proof.
    induction ps as [|p ps IH].
    - constructor; intros qs H; inversion H as [front x k v back Hq Hp | front x v k back Hq Hp];
        destruct front; discriminate.
    - revert ps IH; induction p as [|x k IHp|x v k IHp]; intros ps A;
        pose proof A as A'; induction A' as [ps _ IHps]; constructor; intros qs H;
        destruct (shrink_cons _ _ _ H) as [[ps' [-> H']] | [[y [l [w [E ->]]]] | [y [w [l [E ->]]]]]];
        try discriminate;
        try (apply IHps; [exact H' | now apply (Acc_inv A)]);
        injection E; intros; subst; now apply IHp.
  Qed.

  Theorem terminates : forall ps s, Acc (fun d c => micro c d) (ps, s).
  Proof.
    intro ps; induction (shrink_ends ps) as [ps _ IH]; intro s; constructor.
    intros [qs t] M; apply IH; inversion M; subst; [apply shrink_read | apply shrink_write].
  Qed.

  (* So some schedule runs to its end: the theorems above do not speak of nothing. *)
  Theorem can_finish : forall ps s, exists qs t, micros (ps, s) (qs, t) /\ finished qs.
  Proof.
    intros ps s; induction (terminates ps s) as [[ps' s'] _ IH].
    destruct (progress ps' s') as [F | [c M]].
    - exists ps', s'; split; [constructor | exact F].
    - destruct (IH c M) as [qs [t [Ms F]]]; exists qs, t; split; [|exact F].
      exact (Relation_Operators.rt1n_trans _ _ _ _ _ M Ms).
  Qed.
End Interleave.
