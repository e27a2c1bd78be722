(* While the planner makes a batch, its marks speak the truth.

   [meaning] says what each mark claims about its block, and [inv] what else holds of a batch being
   made: conflicting steps of it are in one lane, and no deferred step has been overtaken by one that
   conflicts with it. Both a step that joins a lane ([join_inv]) and one that is deferred
   ([defer_inv]) keep all of it. *)

Require Import List Permutation Sorted Arith PArith FMapPositive Lia.
Require Import Sequent.step Sequent.plan Sequent.planner.
Import ListNotations.

(* * Lists in order *)

Definition ascending := StronglySorted (fun x y => position x < position y).
Definition newest_first := StronglySorted (fun x y => position y < position x).

Lemma sorted_app : forall {A} (R : A -> A -> Prop) l m, StronglySorted R (l ++ m) <->
  StronglySorted R l /\ StronglySorted R m /\ (forall x y, In x l -> In y m -> R x y).
Proof.
  intros A R; induction l as [|a l IH]; simpl; intro m.
  - split; [intro H; repeat split; [constructor | exact H | easy] | tauto].
  - split.
    + intro H; apply StronglySorted_inv in H as [H F]; apply IH in H as [Hl [Hm H]].
      rewrite Forall_forall in F; repeat split; [constructor; [exact Hl|] | exact Hm |].
      * apply Forall_forall; intros x Hx; apply F, in_app_iff; tauto.
      * intros x y [<- | Hx] Hy; [apply F, in_app_iff; tauto | auto].
    + intros [Hl [Hm H]]; apply StronglySorted_inv in Hl as [Hl F]; constructor.
      * apply IH; repeat split; auto.
      * rewrite Forall_forall in *; intros x Hx; apply in_app_iff in Hx as [Hx | Hx]; auto.
Qed.

Lemma newest_first_rev : forall l, newest_first l -> ascending (rev l).
Proof.
  induction l as [|x l IH]; simpl; intro H; [constructor|].
  apply StronglySorted_inv in H as [H F]; rewrite Forall_forall in F.
  apply sorted_app; repeat split; [now apply IH | repeat constructor |].
  intros y z Hy [<- | []]; apply F, in_rev, Hy.
Qed.

Lemma ascending_positions : forall l, ascending l -> StronglySorted lt (map position l).
Proof.
  induction 1 as [|x l H IH F]; simpl; constructor; [exact IH|].
  rewrite Forall_forall in *; intros i Hi; apply in_map_iff in Hi as [y [<- Hy]]; auto.
Qed.

Lemma sorted_nth : forall l, StronglySorted lt l ->
  forall i j p q, nth_error l p = Some i -> nth_error l q = Some j -> i < j -> p < q.
Proof.
  induction 1 as [|x l H IH F]; intros i j p q Hp Hq Lt; [destruct p; discriminate|].
  rewrite Forall_forall in F.
  destruct p as [|p], q as [|q]; simpl in *.
  - injection Hp as ->; injection Hq as ->; lia.
  - lia.
  - injection Hq as ->; apply nth_error_In, F in Hp; lia.
  - specialize (IH _ _ _ _ Hp Hq Lt); lia.
Qed.

(* * Marks *)

Lemma mark_of_add : forall m a k b,
  mark_of (PositiveMap.add a k m) b = if Pos.eq_dec a b then k else mark_of m b.
Proof.
  intros m a k b; unfold mark_of; destruct (Pos.eq_dec a b) as [<- | N].
  - now rewrite PositiveMap.gss.
  - now rewrite PositiveMap.gso by congruence.
Qed.

(* Marking a list of blocks, repeats included, is marking each of its blocks once. *)
Lemma mark_of_remark : forall f, (forall k, f (f k) = f k) -> forall bs m b,
  mark_of (remark f bs m) b = if in_dec Pos.eq_dec b bs then f (mark_of m b) else mark_of m b.
Proof.
  intros f Twice; induction bs as [|a bs IH]; intros m b; [reflexivity|].
  change (remark f (a :: bs) m) with (remark f bs (PositiveMap.add a (f (mark_of m a)) m)).
  rewrite IH, mark_of_add.
  destruct (in_dec Pos.eq_dec b bs) as [I | N], (in_dec Pos.eq_dec b (a :: bs)) as [I' | N'],
    (Pos.eq_dec a b) as [<- | D]; simpl in *; try rewrite Twice; try reflexivity; intuition.
Qed.

Lemma join_write_twice : forall l k, join_write l (join_write l k) = join_write l k.
Proof. reflexivity. Qed.

Lemma join_read_twice : forall l k, join_read l (join_read l k) = join_read l k.
Proof.
  intros l [|k|k| |]; simpl; try reflexivity; [now rewrite Nat.eqb_refl|].
  destruct (k =? l) eqn:E; simpl; [now rewrite E | reflexivity].
Qed.

Lemma defer_write_twice : forall k, defer_write (defer_write k) = defer_write k.
Proof. reflexivity. Qed.

Lemma defer_read_twice : forall k, defer_read (defer_read k) = defer_read k.
Proof. now intros [|k|k| |]. Qed.

(* * Demands *)

Definition allows (l : nat) (d : demand) : Prop := d = Anywhere \/ d = Only l.

Lemma both_allows : forall l d e, allows l (both d e) -> allows l d /\ allows l e.
Proof.
  unfold allows; intros l [|a|] [|b|]; simpl; try (destruct (Nat.eqb_spec a b) as [<- |]);
    intuition congruence.
Qed.

Lemma both_only : forall l d e, both d e = Only l -> d = Only l \/ e = Only l.
Proof.
  intros l [|a|] [|b|]; simpl; try (destruct (Nat.eqb_spec a b) as [<- |]); intuition congruence.
Qed.

Lemma fold_allows : forall l (f : block -> demand) bs,
  allows l (fold_right (fun b d => both (f b) d) Anywhere bs) -> forall b, In b bs -> allows l (f b).
Proof.
  intros l f; induction bs as [|a bs IH]; simpl; intros H b I; [easy|].
  apply both_allows in H as [Ha H]; destruct I as [<- | I]; auto.
Qed.

Lemma fold_only : forall l (f : block -> demand) bs,
  fold_right (fun b d => both (f b) d) Anywhere bs = Only l -> exists b, In b bs /\ f b = Only l.
Proof.
  intros l f; induction bs as [|a bs IH]; simpl; intro H; [discriminate|].
  apply both_only in H as [H | H]; [eauto|].
  destruct (IH H) as [b [I E]]; eauto.
Qed.

Lemma demand_allows : forall l m e, allows l (demand_of m e) ->
  (forall b, In b (writes e) -> allows l (write_demand (mark_of m b))) /\
  (forall b, In b (reads e) -> allows l (read_demand (mark_of m b))).
Proof.
  intros l m e H; apply both_allows in H as [W R]; split.
  - exact (fold_allows l (fun b => write_demand (mark_of m b)) _ W).
  - exact (fold_allows l (fun b => read_demand (mark_of m b)) _ R).
Qed.

(* A lane is demanded only by a block that is marked with it. *)
Lemma demand_only : forall l m e, demand_of m e = Only l ->
  exists b, mark_of m b = Owned l \/ mark_of m b = ReadBy l.
Proof.
  intros l m e H; apply both_only in H as [H | H].
  - apply (fold_only l (fun b => write_demand (mark_of m b))) in H as [b [_ E]]; exists b.
    destruct (mark_of m b); simpl in E; try discriminate; injection E as ->; tauto.
  - apply (fold_only l (fun b => read_demand (mark_of m b))) in H as [b [_ E]]; exists b.
    destruct (mark_of m b); simpl in E; try discriminate; injection E as ->; tauto.
Qed.

Lemma demand_free : forall m e, (forall b, mark_of m b = Free) -> demand_of m e = Anywhere.
Proof.
  intros m e F.
  assert (Z : forall f : block -> demand, (forall b, f b = Anywhere) ->
    forall bs, fold_right (fun b d => both (f b) d) Anywhere bs = Anywhere).
  { intros f Hf bs; induction bs as [|b bs IH]; simpl; [reflexivity | now rewrite Hf, IH]. }
  unfold demand_of; rewrite !Z; [reflexivity | |]; intro b; now rewrite F.
Qed.

(* * Lanes *)

Definition in_lane (B : making) (l : nat) (x : item) : Prop := In x (nth l (lanes B) []).

Lemma push_length : forall l x ls, length (push l x ls) = length ls.
Proof. intros l x ls; revert l; induction ls; intros [|l]; simpl; auto. Qed.

Lemma push_nth : forall l x ls k, l < length ls ->
  nth k (push l x ls) [] = if k =? l then x :: nth l ls [] else nth k ls [].
Proof.
  intros l x ls; revert l; induction ls as [|a ls IH]; simpl; intros l k H; [lia|].
  destruct l as [|l], k as [|k]; simpl; try reflexivity.
  apply IH; lia.
Qed.

Lemma push_concat : forall l x ls, l < length ls ->
  Permutation (x :: concat ls) (concat (push l x ls)).
Proof.
  intros l x ls; revert l; induction ls as [|a ls IH]; simpl; intros l H; [lia|].
  destruct l as [|l]; simpl; [apply Permutation_refl|].
  eapply perm_trans; [|apply Permutation_app_head, IH; lia].
  apply Permutation_middle.
Qed.

(* Closes goals that follow from what the marks say. *)
Ltac meant :=
  repeat match goal with H : _ /\ _ |- _ => destruct H end;
  unfold not in *; intros; solve [eauto | exfalso; eauto].

Section Marks.
  Variable L : nat.

  (* * What a mark says about a block *)

  Definition meaning (B : making) (b : block) (k : mark) : Prop :=
    match k with
    | Free =>
        (forall l y, in_lane B l y -> ~ touches (edge_of y) b) /\
        (forall y, In y (deferred B) -> ~ touches (edge_of y) b)
    | Owned l => l < L /\
        (forall k y, in_lane B k y -> touches (edge_of y) b -> k = l) /\
        (forall y, In y (deferred B) -> ~ touches (edge_of y) b)
    | ReadBy l => l < L /\
        (forall k y, in_lane B k y -> touches (edge_of y) b -> k = l) /\
        (forall k y, in_lane B k y -> ~ In b (writes (edge_of y))) /\
        (forall y, In y (deferred B) -> ~ touches (edge_of y) b)
    | Shared =>
        (forall l y, in_lane B l y -> ~ In b (writes (edge_of y))) /\
        (forall y, In y (deferred B) -> ~ In b (writes (edge_of y)))
    | Blocked => True
    end.

  Definition content (B : making) : list item := concat (lanes B) ++ deferred B.

  Record inv (B : making) : Prop := Inv {
    inv_length : length (lanes B) = L;
    inv_lanes_sorted : forall l, newest_first (nth l (lanes B) []);
    inv_deferred_sorted : newest_first (deferred B);
    inv_marks : forall b, meaning B b (mark_of (marked B) b);
    (* conflicting steps of the batch are in one lane *)
    inv_one_lane : forall l m x y, in_lane B l x -> in_lane B m y ->
      conflict (edge_of x) (edge_of y) -> l = m;
    (* no deferred step is overtaken *)
    inv_not_overtaken : forall x l y, In x (deferred B) -> in_lane B l y ->
      position x < position y -> ~ conflict (edge_of x) (edge_of y)
  }.

  Lemma in_lane_content : forall B l x, in_lane B l x -> In x (content B).
  Proof.
    unfold in_lane, content; intros B l x H; apply in_app_iff; left.
    destruct (nth_in_or_default l (lanes B) []) as [I | E]; [|rewrite E in H; easy].
    apply in_concat; eauto.
  Qed.

  Lemma in_lane_join : forall B x l k y, l < length (lanes B) ->
    (in_lane (join B x l) k y <-> (k = l /\ y = x) \/ in_lane B k y).
  Proof.
    unfold in_lane; simpl; intros B x l k y H; rewrite push_nth by exact H.
    destruct (Nat.eqb_spec k l) as [-> | N]; simpl; intuition.
  Qed.

  (* A step that may join lane l conflicts with steps of lane l alone … *)
  Lemma joined_one_lane : forall B x l k y, inv B -> allows l (demand_of (marked B) (edge_of x)) ->
    in_lane B k y -> conflict (edge_of x) (edge_of y) -> k = l.
  Proof.
    intros B x l k y I A Hy [b C]; apply demand_allows in A as [AW AR].
    pose proof (inv_marks B I b) as M; clear I.
    assert (C' : (In b (writes (edge_of x)) /\ touches (edge_of y) b) \/
                 (In b (reads (edge_of x)) /\ In b (writes (edge_of y)))).
    { unfold touches in *; tauto. }
    clear C; destruct C' as [[W T] | [R W]].
    - specialize (AW b W); clear AR; unfold allows in AW.
      destruct (mark_of (marked B) b); simpl in *; destruct AW as [E | E]; try discriminate;
        try (injection E as ->); meant.
    - specialize (AR b R); clear AW; unfold allows in AR.
      assert (T : touches (edge_of y) b) by now left.
      destruct (mark_of (marked B) b); simpl in *; destruct AR as [E | E]; try discriminate;
        try (injection E as ->); meant.
  Qed.

  (* … and with no deferred step. *)
  Lemma joined_not_deferred : forall B x l y, inv B ->
    allows l (demand_of (marked B) (edge_of x)) ->
    In y (deferred B) -> ~ conflict (edge_of y) (edge_of x).
  Proof.
    intros B x l y I A Hy [b C]; apply demand_allows in A as [AW AR].
    pose proof (inv_marks B I b) as M; clear I.
    assert (C' : (In b (writes (edge_of x)) /\ touches (edge_of y) b) \/
                 (In b (reads (edge_of x)) /\ In b (writes (edge_of y)))).
    { unfold touches in *; tauto. }
    clear C; destruct C' as [[W T] | [R W]].
    - specialize (AW b W); clear AR; unfold allows in AW.
      destruct (mark_of (marked B) b); simpl in *; destruct AW as [E | E]; try discriminate; meant.
    - specialize (AR b R); clear AW; unfold allows in AR.
      assert (T : touches (edge_of y) b) by now left.
      destruct (mark_of (marked B) b); simpl in *; destruct AR as [E | E]; try discriminate; meant.
  Qed.

  (* * The marks stay true *)

  Lemma join_marks : forall B x l b, inv B -> l < L ->
    allows l (demand_of (marked B) (edge_of x)) ->
    meaning (join B x l) b (mark_of (marked (join B x l)) b).
  Proof.
    intros B x l b I Hl A; apply demand_allows in A as [AW AR].
    pose proof (inv_marks B I b) as M.
    assert (Lanes : forall k y, in_lane (join B x l) k y -> (k = l /\ y = x) \/ in_lane B k y)
      by (intros k y; apply in_lane_join; now rewrite (inv_length B I)).
    cbn [join marked].
    rewrite (mark_of_remark _ (join_read_twice l)), (mark_of_remark _ (join_write_twice l)).
    specialize (AW b); specialize (AR b); unfold allows in *; clear I.
    assert (T : forall y, In b (writes (edge_of y)) -> touches (edge_of y) b) by (now left).
    destruct (in_dec Pos.eq_dec b (writes (edge_of x))) as [W | NW];
      [| destruct (in_dec Pos.eq_dec b (reads (edge_of x))) as [R | NR]].
    - (* written: all its accesses are in lane l *)
      assert (G : meaning (join B x l) b (Owned l)).
      { specialize (AW W); clear AR.
        destruct (mark_of (marked B) b); simpl in *; destruct AW as [E | E]; try discriminate;
          try (injection E as ->); (split; [exact Hl|]); (split; [|meant]);
          intros k y Hy Ty; apply Lanes in Hy as [[-> _] | Hy]; try reflexivity; meant. }
      destruct (in_dec Pos.eq_dec b (reads (edge_of x))); exact G.
    - (* only read *)
      specialize (AR R); clear AW.
      destruct (mark_of (marked B) b) as [|k|k| |]; simpl in *; destruct AR as [E | E];
        try discriminate; try (injection E as ->); try (destruct (Nat.eqb_spec k l) as [-> | N]);
        simpl; repeat split; try exact Hl; try meant;
        intros m y Hy; apply Lanes in Hy as [[-> ->] | Hy]; try (intros; reflexivity);
        try exact NW; meant.
    - (* not touched *)
      assert (N : ~ touches (edge_of x) b) by (unfold touches; tauto).
      clear AW AR; destruct (mark_of (marked B) b) as [|k|k| |]; simpl in *;
        repeat split; try meant;
        intros m y Hy; apply Lanes in Hy as [[-> ->] | Hy]; try exact N; try exact NW; meant.
  Qed.

  Lemma defer_marks : forall B x b, inv B -> meaning (defer B x) b (mark_of (marked (defer B x)) b).
  Proof.
    intros B x b I; pose proof (inv_marks B I b) as M; clear I.
    cbn [defer marked].
    rewrite (mark_of_remark _ defer_read_twice), (mark_of_remark _ defer_write_twice).
    assert (T : forall y, In b (writes (edge_of y)) -> touches (edge_of y) b) by (now left).
    assert (Lanes : forall k y, in_lane (defer B x) k y -> in_lane B k y) by (intros k y H; exact H).
    destruct (in_dec Pos.eq_dec b (writes (edge_of x))) as [W | NW];
      [| destruct (in_dec Pos.eq_dec b (reads (edge_of x))) as [R | NR]].
    - (* written: nothing is allowed any more *)
      destruct (in_dec Pos.eq_dec b (reads (edge_of x))); exact I.
    - (* only read: nobody writes the block, or nothing is allowed any more *)
      destruct (mark_of (marked B) b) as [|k|k| |]; simpl in *; try exact I;
        (split; [intros l y Hy; apply Lanes in Hy; meant |
                 intros y [<- | Hy]; [exact NW | meant]]).
    - (* not touched *)
      assert (N : ~ touches (edge_of x) b) by (unfold touches; tauto).
      destruct (mark_of (marked B) b) as [|k|k| |]; simpl in *; try exact I;
        repeat split; try meant; try (intros l y Hy; apply Lanes in Hy; meant);
        intros y [<- | Hy]; try exact N; try exact NW; meant.
  Qed.

  (* * One visit *)

  Definition newest (B : making) (x : item) : Prop :=
    forall y, In y (content B) -> position y < position x.

  Lemma join_inv : forall B x l, inv B -> newest B x -> l < L ->
    allows l (demand_of (marked B) (edge_of x)) -> inv (join B x l).
  Proof.
    intros B x l I N Hl A.
    assert (Hl' : l < length (lanes B)) by now rewrite (inv_length B I).
    constructor.
    - simpl; rewrite push_length; apply (inv_length B I).
    - intro k; simpl; rewrite push_nth by exact Hl'.
      destruct (k =? l); [|apply (inv_lanes_sorted B I)].
      constructor; [apply (inv_lanes_sorted B I)|].
      apply Forall_forall; intros y Hy; apply N, (in_lane_content B l y Hy).
    - apply (inv_deferred_sorted B I).
    - intro b; now apply join_marks.
    - intros k m y z Hy Hz C.
      apply in_lane_join in Hy; [|exact Hl']; apply in_lane_join in Hz; [|exact Hl'].
      destruct Hy as [[-> ->] | Hy], Hz as [[-> ->] | Hz].
      + reflexivity.
      + symmetry; now apply (joined_one_lane B x l m z).
      + apply (joined_one_lane B x l k y); auto using conflict_sym.
      + now apply (inv_one_lane B I k m y z).
    - intros y k z Hy Hz Lt; apply in_lane_join in Hz; [|exact Hl'].
      destruct Hz as [[-> ->] | Hz].
      + now apply (joined_not_deferred B x l y).
      + now apply (inv_not_overtaken B I y k z).
  Qed.

  Lemma defer_inv : forall B x, inv B -> newest B x -> inv (defer B x).
  Proof.
    intros B x I N; constructor.
    - apply (inv_length B I).
    - apply (inv_lanes_sorted B I).
    - constructor; [apply (inv_deferred_sorted B I)|].
      apply Forall_forall; intros y Hy; apply N, in_app_iff; now right.
    - intro b; now apply defer_marks.
    - apply (inv_one_lane B I).
    - intros y k z [<- | Hy] Hz Lt.
      + apply (in_lane_content B k z), N in Hz; lia.
      + now apply (inv_not_overtaken B I y k z).
  Qed.
End Marks.

Arguments inv_length {L} B i.
Arguments inv_lanes_sorted {L} B i l.
Arguments inv_deferred_sorted {L} B i.
Arguments inv_marks {L} B i b.
Arguments inv_one_lane {L} B i l m x y.
Arguments inv_not_overtaken {L} B i x l y.
