(* The planner's plans are valid, whatever lanes are chosen or taken as full and whenever batches are
   closed.

   By planner_marks.v a step that joins a lane conflicts neither with a step of another lane nor with
   a deferred one, and a step that is deferred has only steps in front of it in the batch that come
   earlier in the order. The queue stays in the order of positions: what is left after a batch is
   what was deferred followed by what was not visited. Hence a step is never overtaken by one that
   conflicts with it. The first step visited in a batch finds all marks free and joins a lane, so
   every batch makes the queue shorter. *)

Require Import List Permutation Sorted Arith PArith NArith FMapPositive Lia.
Require Import Sequent.step Sequent.plan Sequent.planner Sequent.planner_marks.
Import ListNotations.

Section Proof.
  Variable L : nat.
  Variable choose : plan -> making -> list item -> item -> nat.
  Variable full : plan -> making -> list item -> item -> nat -> bool.
  Variable close : plan -> making -> list item -> bool.
  Hypothesis choose_lane : forall past B rest x,
    length (lanes B) = L -> choose past B rest x < L.
  Notation inv := (inv L).

  (* * One visit *)

  (* As long as nothing has joined a lane, all marks are free; so the first step visited joins. *)
  Definition started (B : making) : Prop :=
    (forall b, mark_of (marked B) b = Free) \/ concat (lanes B) <> [].

  Lemma visit_spec : forall past B rest x, inv B -> newest B x ->
    inv (visit choose full past B rest x) /\
    Permutation (x :: content B) (content (visit choose full past B rest x)) /\
    (started B -> concat (lanes (visit choose full past B rest x)) <> []).
  Proof.
    intros past B rest x I N.
    assert (Join : forall l, l < L -> allows l (demand_of (marked B) (edge_of x)) ->
      inv (join B x l) /\ Permutation (x :: content B) (content (join B x l)) /\
      (started B -> concat (lanes (join B x l)) <> [])).
    { intros l Hl A; pose proof (push_concat l x (lanes B)) as P.
      rewrite (inv_length B I) in P; specialize (P Hl); split; [|split].
      - now apply join_inv.
      - unfold content; simpl; rewrite app_comm_cons; now apply Permutation_app_tail.
      - intros _ E; simpl in E; rewrite E in P; now apply Permutation_sym, Permutation_nil in P. }
    assert (Defer : demand_of (marked B) (edge_of x) <> Anywhere ->
      inv (defer B x) /\ Permutation (x :: content B) (content (defer B x)) /\
      (started B -> concat (lanes (defer B x)) <> [])).
    { intro E; split; [now apply defer_inv | split; [apply Permutation_middle|]].
      intros [F | S]; [|exact S].
      now rewrite (demand_free _ _ F) in E. }
    unfold visit; destruct (demand_of (marked B) (edge_of x)) as [|l|] eqn:E.
    - apply Join; [apply choose_lane, (inv_length B I) | now left].
    - destruct (full past B rest x l); [now apply Defer|].
      apply Join; [|now right].
      apply demand_only in E as [b [M | M]]; pose proof (inv_marks B I b) as K; rewrite M in K; apply K.
    - now apply Defer.
  Qed.

  (* * One batch *)

  Lemma walk_spec : forall queue past B B' rest, inv B -> ascending queue ->
    (forall x, In x queue -> newest B x) -> walk choose full close past B queue = (B', rest) ->
    exists now, queue = now ++ rest /\ inv B' /\ Permutation (now ++ content B) (content B') /\
      (started B -> queue <> [] \/ concat (lanes B) <> [] -> concat (lanes B') <> []).
  Proof.
    induction queue as [|x queue IH]; intros past B B' rest I S N E; simpl in E.
    - injection E as <- <-; exists []; split; [reflexivity|]; split; [exact I|].
      split; [apply Permutation_refl | tauto].
    - apply StronglySorted_inv in S as [S F]; rewrite Forall_forall in F.
      destruct (visit_spec past B queue x I (N x (or_introl eq_refl))) as [I' [P K]].
      destruct (close past (visit choose full past B queue x) queue).
      + injection E as <- <-; exists [x]; split; [reflexivity|]; split; [exact I'|].
        split; [exact P | auto].
      + apply IH in E as [now [-> [I'' [P' K']]]]; [|exact I' | exact S |].
        * exists (x :: now); split; [reflexivity|]; split; [exact I''|]; split.
          -- eapply perm_trans; [|exact P']; simpl.
             eapply perm_trans; [apply Permutation_middle | now apply Permutation_app_head].
          -- intros St _; specialize (K St); apply K'; [now right | now right].
        * intros y Hy z Hz; apply (Permutation_in _ (Permutation_sym P)) in Hz as [<- | Hz]; auto.
          apply (N y); [now right | exact Hz].
  Qed.

  Lemma repeat_nil : forall {A} n, concat (repeat (@nil A) n) = [].
  Proof. induction n; simpl; auto. Qed.

  Lemma empty_lane : forall l x, ~ in_lane (empty L) l x.
  Proof.
    intros l x H; apply in_lane_content in H; unfold content in H; simpl in H.
    now rewrite repeat_nil in H.
  Qed.

  Lemma empty_free : forall b, mark_of (marked (empty L)) b = Free.
  Proof. intro b; unfold mark_of; simpl; now rewrite PositiveMap.gempty. Qed.

  Lemma empty_inv : inv (empty L).
  Proof.
    constructor.
    - apply repeat_length.
    - intro l; simpl; destruct (nth_in_or_default l (repeat [] L) (@nil item)) as [I | ->].
      + apply repeat_spec in I as ->; constructor.
      + constructor.
    - constructor.
    - intro b; rewrite empty_free; split; [intros l y Hy; now apply empty_lane in Hy | easy].
    - intros l m x y H; now apply empty_lane in H.
    - easy.
  Qed.

  (* A batch made from a queue: it takes at least one step, and leaves a queue in order. *)
  Lemma batch_spec : forall queue past B rest, ascending queue -> queue <> [] ->
    walk choose full close past (empty L) queue = (B, rest) ->
    let left := rev_append (deferred B) rest in
    inv B /\ ascending left /\ length left < length queue /\
    Permutation queue (concat (lanes B) ++ left) /\
    (forall x l y, In x left -> in_lane B l y -> position x < position y ->
       ~ conflict (edge_of x) (edge_of y)).
  Proof.
    intros queue past B rest S Q E; simpl; rewrite rev_append_rev.
    apply walk_spec in E as [now [-> [I [P K]]]]; [|apply empty_inv | exact S |].
    2: { intros x _ y Hy; unfold content in Hy; simpl in Hy; now rewrite repeat_nil in Hy. }
    unfold content in P; simpl in P; rewrite repeat_nil, app_nil_r in P.
    specialize (K (or_introl empty_free) (or_introl Q)).
    apply sorted_app in S as [_ [Srest Sep]].
    assert (Now : forall x, In x (concat (lanes B)) \/ In x (deferred B) -> In x now)
      by (intros x Hx; apply (Permutation_in _ (Permutation_sym P)), in_app_iff, Hx).
    assert (P' : Permutation (now ++ rest) (concat (lanes B) ++ rev (deferred B) ++ rest)).
    { rewrite app_assoc; apply Permutation_app_tail; eapply perm_trans; [exact P|].
      apply Permutation_app_head, Permutation_rev. }
    split; [exact I|]; split; [|split; [|split; [exact P'|]]].
    - apply sorted_app; split; [apply newest_first_rev, (inv_deferred_sorted B I)|].
      split; [exact Srest|].
      intros x y Hx Hy; apply Sep; [|exact Hy]; apply Now; right; now apply in_rev.
    - apply Permutation_length in P'; rewrite P', (app_length (concat (lanes B))).
      destruct (concat (lanes B)); [congruence | simpl; lia].
    - intros x l y Hx Hy Lt; apply in_app_iff in Hx as [Hx | Hx].
      + apply in_rev in Hx; now apply (inv_not_overtaken B I x l y).
      + apply in_lane_content in Hy; unfold content in Hy; apply in_app_iff in Hy.
        apply Now in Hy; pose proof (Sep y x Hy Hx); simpl in *; lia.
  Qed.

  (* * The whole plan *)

  Lemma made_positions : forall B, Permutation (map position (concat (lanes B))) (concat (made B)).
  Proof.
    intro B; unfold made; induction (lanes B) as [|x ls IH]; simpl; [constructor|].
    rewrite map_app; apply Permutation_app; [apply Permutation_rev | exact IH].
  Qed.

  Lemma made_lane : forall B l x, nth_error (made B) l = Some x ->
    x = map position (rev (nth l (lanes B) [])).
  Proof.
    unfold made; intros B; induction (lanes B) as [|y ls IH]; intros [|l] x H; simpl in *;
      try discriminate; [|now apply IH].
    injection H as <-; now rewrite map_rev.
  Qed.

  Lemma made_in_lane : forall B l x p i, nth_error (made B) l = Some x -> nth_error x p = Some i ->
    exists y, in_lane B l y /\ position y = i.
  Proof.
    intros B l x p i Hl Hp; apply made_lane in Hl as ->; apply nth_error_In in Hp.
    apply in_map_iff in Hp as [y [E Hy]]; exists y; split; [now apply in_rev | exact E].
  Qed.

  Lemma batches_spec : forall edge fuel past queue, length queue <= fuel -> ascending queue ->
    (forall x, In x queue -> edge (position x) = edge_of x) ->
    let P := batches L choose full close fuel past queue in
    Permutation (map position queue) (positions P) /\ plan_property edge P /\ has_lanes L P.
  Proof.
    intro edge; induction fuel as [|fuel IH]; intros past queue F S Edge; simpl.
    - destruct queue; [|simpl in F; lia].
      repeat split; [constructor | | constructor].
      intros i j b l p c m q _ _ [B [x [H _]]]; destruct b; discriminate.
    - destruct queue as [|x0 queue].
      { repeat split; [constructor | | constructor].
        intros i j b l p c m q _ _ [B [x [H _]]]; destruct b; discriminate. }
      remember (x0 :: queue) as whole eqn:W.
      destruct (walk choose full close past (empty L) whole) as [B rest] eqn:E.
      apply batch_spec in E as [I [Sleft [Len [P Over]]]]; [|exact S | subst; discriminate].
      remember (rev_append (deferred B) rest) as left eqn:Eleft.
      assert (Edge' : forall x, In x left -> edge (position x) = edge_of x).
      { intros x Hx; apply Edge, (Permutation_in _ (Permutation_sym P)), in_app_iff; now right. }
      destruct (IH (made B :: past) left) as [Cover [Prop' Lanes]]; [lia | exact Sleft | exact Edge' |].
      assert (EdgeB : forall l x, in_lane B l x -> edge (position x) = edge_of x).
      { intros l x Hx; apply Edge, (Permutation_in _ (Permutation_sym P)), in_app_iff.
        destruct (nth_in_or_default l (lanes B) []) as [Il | El]; unfold in_lane in Hx.
        - left; apply in_concat; eauto.
        - rewrite El in Hx; easy. }
      split; [|split].
      + eapply perm_trans; [apply Permutation_map, P|].
        rewrite map_app; unfold positions; simpl.
        apply Permutation_app; [apply made_positions | exact Cover].
      + intros i j b l p c m q Lt C [Bi [x [HBi [Hx Hi]]]] [Bj [y [HBj [Hy Hj]]]].
        destruct b as [|b], c as [|c]; simpl in HBi, HBj.
        * (* in this batch: one lane, in order *)
          injection HBi as <-; injection HBj as <-.
          destruct (made_in_lane B l x p i Hx Hi) as [u [Hu <-]].
          destruct (made_in_lane B m y q j Hy Hj) as [v [Hv <-]].
          rewrite (EdgeB l u Hu), (EdgeB m v Hv) in C.
          assert (l = m) as -> by exact (inv_one_lane B I l m u v Hu Hv C).
          right; split; [reflexivity|]; split; [reflexivity|].
          rewrite Hx in Hy; injection Hy as <-; apply made_lane in Hx as ->.
          eapply sorted_nth; [|exact Hi | exact Hj | exact Lt].
          apply ascending_positions, newest_first_rev, (inv_lanes_sorted B I).
        * (* i in this batch, j later *)
          left; lia.
        * (* i left for later and j in this batch: it would have been overtaken *)
          exfalso; injection HBj as <-.
          assert (Hi' : In i (positions (batches L choose full close fuel (made B :: past) left)))
            by (apply (placed_in _ b l p); exists Bi, x; auto).
          apply (Permutation_in _ (Permutation_sym Cover)), in_map_iff in Hi' as [u [<- Hu]].
          destruct (made_in_lane B m y q j Hy Hj) as [v [Hv <-]].
          rewrite (Edge' u Hu), (EdgeB m v Hv) in C.
          exact (Over u m v Hu Hv Lt C).
        * (* both later *)
          assert (Pi : placed (batches L choose full close fuel (made B :: past) left) b l p i)
            by (exists Bi, x; auto).
          assert (Pj : placed (batches L choose full close fuel (made B :: past) left) c m q j)
            by (exists Bj, y; auto).
          destruct (Prop' _ _ _ _ _ _ _ _ Lt C Pi Pj) as [H | [H K]]; [left; lia | right; auto].
      + constructor; [|exact Lanes].
        unfold made; rewrite map_length; apply (inv_length B I).
  Qed.

  Lemma number_positions : forall edges first,
    map position (number first edges) = seq first (length edges).
  Proof. induction edges; simpl; intro first; f_equal; auto. Qed.

  Lemma number_length : forall edges first, length (number first edges) = length edges.
  Proof. induction edges; simpl; intro first; f_equal; auto. Qed.

  Lemma number_in : forall edges first x, In x (number first edges) ->
    first <= position x /\ nth_error edges (position x - first) = Some (edge_of x).
  Proof.
    induction edges as [|e edges IH]; simpl; intros first x H; [easy|].
    destruct H as [<- | H]; simpl; [now rewrite Nat.sub_diag|].
    apply IH in H as [Le H]; split; [lia|].
    now replace (position x - first) with (S (position x - S first)) by lia.
  Qed.

  Lemma number_ascending : forall edges first, ascending (number first edges).
  Proof.
    induction edges as [|e edges IH]; simpl; intro first; constructor; [apply IH|].
    apply Forall_forall; intros x Hx; apply number_in in Hx; simpl; lia.
  Qed.

  (* The plan of an order whose step first + k has the hyperedge edges[k] is valid, and every batch
     has L lanes. *)
  Theorem plan_lanes_valid : forall edge first edges,
    (forall k e, nth_error edges k = Some e -> edge (first + k) = e) ->
    valid edge first (length edges) (plan_lanes L choose full close first edges) /\
    has_lanes L (plan_lanes L choose full close first edges).
  Proof.
    intros edge first edges Edge; unfold plan_lanes.
    destruct (batches_spec edge (length edges) [] (number first edges)) as [C [P Ls]].
    - now rewrite number_length.
    - apply number_ascending.
    - intros x Hx; apply number_in in Hx as [Le Hx]; apply Edge in Hx.
      now replace (first + (position x - first)) with (position x) in Hx by lia.
    - rewrite number_positions in C; repeat split; assumption.
  Qed.

  (* And so it is when the order is cut into segments that are planned on their own. *)
  Theorem plan_segments_valid : forall edge segments first,
    (forall k e, nth_error (concat segments) k = Some e -> edge (first + k) = e) ->
    valid edge first (length (concat segments)) (plan_segments L choose full close first segments) /\
    has_lanes L (plan_segments L choose full close first segments).
  Proof.
    intro edge; induction segments as [|edges rest IH]; intros first Edge; simpl.
    - split; [split|]; [constructor | | constructor].
      intros i j b l p c m q _ _ [B [x [H _]]]; destruct b; discriminate.
    - destruct (plan_lanes_valid edge first edges) as [V Ls].
      { intros k e H; apply Edge; simpl; rewrite nth_error_app1; [exact H|].
        apply nth_error_Some; congruence. }
      destruct (IH (first + length edges)) as [V' Ls'].
      { intros k e H; rewrite <- Nat.add_assoc; apply Edge; simpl.
        rewrite nth_error_app2 by lia; rewrite <- H; f_equal; lia. }
      split; [|now apply Forall_app].
      rewrite app_length; now apply segments.
  Qed.
End Proof.

(* * The choices of the C code *)

Lemma least_bound : forall ls best c l, best < l -> least best c l ls < l + length ls.
Proof.
  induction ls as [|lane ls IH]; simpl; intros best c l H; [lia|].
  destruct (load lane <? c)%N.
  - specialize (IH l (load lane) (S l)); lia.
  - specialize (IH best c (S l)); lia.
Qed.

Theorem plan_like_c_valid : forall L steps deferrals edge segments, 0 < L ->
  (forall k e, nth_error (concat segments) k = Some e -> edge k = e) ->
  valid edge 0 (length (concat segments)) (plan_like_c L steps deferrals segments) /\
  has_lanes L (plan_like_c L steps deferrals segments).
Proof.
  intros L steps deferrals edge segments HL Edge.
  apply plan_segments_valid; [|exact Edge].
  intros past B rest x HB; unfold choose_least.
  destruct (lanes B) as [|lane ls]; [exact HL | simpl in HB].
  pose proof (least_bound ls 0 (load lane) 1); lia.
Qed.
