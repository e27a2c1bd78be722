(* Plans: what a plan is, when it is valid, and why a valid plan gives the serial result.

   A plan is a list of batches, a batch a list of lanes, a lane a list of positions of the order.
   Batches run one after another; within a batch the lanes run at once, interleaved arbitrarily at
   the granularity of single reads and writes (interleave.v).

   The plan property: for conflicting positions i < j either batch(i) < batch(j), or they are in the
   same batch and the same lane with i before j.

   The theorem of this file: a plan that has this property and covers every position once ends, for
   every schedule, in the state of the serial run. *)

Require Import List Permutation Arith Lia.
Require Import Sequent.step Sequent.reorder Sequent.program Sequent.interleave.
Import ListNotations.

Definition lane : Type := list nat.
Definition batch : Type := list lane.
Definition plan : Type := list batch.

(* The positions of a plan, batch by batch and lane by lane. *)
Definition positions (P : plan) : list nat := concat (map (@concat nat) P).

(* The plan covers the positions first … first + n - 1, each of them once. *)
Definition covers (first n : nat) (P : plan) : Prop := Permutation (seq first n) (positions P).

(* Position i stands in batch b, in lane l, at place p. *)
Definition placed (P : plan) (b l p i : nat) : Prop :=
  exists B lane, nth_error P b = Some B /\ nth_error B l = Some lane /\ nth_error lane p = Some i.

Definition plan_property {block} (edge : nat -> hyperedge block) (P : plan) : Prop :=
  forall i j b l p c m q, i < j -> conflict (edge i) (edge j) ->
  placed P b l p i -> placed P c m q j ->
  b < c \/ (b = c /\ l = m /\ p < q).

Definition has_lanes (L : nat) (P : plan) : Prop := Forall (fun B => length B = L) P.

Definition valid {block} (edge : nat -> hyperedge block) (first n : nat) (P : plan) : Prop :=
  covers first n P /\ plan_property edge P.

(* * From places to "before" *)

Lemma before_nth : forall {A} (l : list A) i j p q,
  nth_error l p = Some i -> nth_error l q = Some j -> p < q -> before l i j.
Proof.
  induction l as [|x l IH]; intros i j p q Hi Hj H; [destruct p; discriminate|].
  destruct q as [|q]; [lia|]; destruct p as [|p]; simpl in *.
  - injection Hi as ->; left; split; [reflexivity | eapply nth_error_In; eassumption].
  - right; apply (IH i j p q); auto with arith.
Qed.

(* Two places in a list of lists: those in an earlier list come first. *)
Lemma before_concat : forall {A} (ls : list (list A)) a b la lb i j,
  nth_error ls a = Some la -> nth_error ls b = Some lb -> In i la -> In j lb ->
  a < b \/ (a = b /\ before la i j) -> before (concat ls) i j.
Proof.
  induction ls as [|x ls IH]; intros a b la lb i j Ha Hb Hi Hj H; [destruct a; discriminate|].
  simpl; apply before_app; destruct a as [|a], b as [|b]; simpl in *.
  - injection Ha as ->; injection Hb as ->; destruct H as [H | [_ H]]; [lia | tauto].
  - injection Ha as ->; left; split; [exact Hi|].
    apply in_concat; exists lb; split; [eapply nth_error_In; eassumption | exact Hj].
  - lia.
  - right; right; apply (IH a b la lb i j); auto; destruct H as [H | [H K]]; [left; lia | right; auto].
Qed.

Lemma in_lane_in_batch : forall {A} (B : list (list A)) l lane i,
  nth_error B l = Some lane -> In i lane -> In i (concat B).
Proof. intros A B l lane i Hl Hi; apply in_concat; eauto using nth_error_In. Qed.

Lemma in_batch_placed : forall (B : batch) i, In i (concat B) ->
  exists l p lane, nth_error B l = Some lane /\ nth_error lane p = Some i.
Proof.
  intros B i H; apply in_concat in H as [lane [Hl Hi]].
  apply In_nth_error in Hl as [l Hl]; apply In_nth_error in Hi as [p Hi]; eauto.
Qed.

Lemma in_plan_placed : forall P i, In i (positions P) -> exists b l p, placed P b l p i.
Proof.
  unfold positions, placed; intros P i H.
  apply in_concat in H as [x [Hx Hi]]; apply in_map_iff in Hx as [B [<- HB]].
  apply In_nth_error in HB as [b HB].
  destruct (in_batch_placed B i Hi) as [l [p [lane [Hl Hp]]]].
  exists b, l, p, B, lane; auto.
Qed.

Lemma placed_before : forall P b l p i c m q j, placed P b l p i -> placed P c m q j ->
  b < c \/ (b = c /\ l = m /\ p < q) -> before (positions P) i j.
Proof.
  unfold positions; intros P b l p i c m q j [B [x [HB [Hx Hi]]]] [C [y [HC [Hy Hj]]]] H.
  apply (before_concat _ b c (concat B) (concat C));
    try (now apply map_nth_error); try (eapply in_lane_in_batch; eauto using nth_error_In).
  destruct H as [H | [<- [<- H]]]; [left; exact H | right; split; [reflexivity|]].
  rewrite HB in HC; injection HC as <-; rewrite Hx in Hy; injection Hy as <-.
  apply (before_concat B l l x x); auto; try (eapply nth_error_In; eassumption).
  right; split; [reflexivity | eapply before_nth; eassumption].
Qed.

(* * Running a plan *)

Section Run.
  Context {block cell value : Type}.
  Variable block_dec : forall a b : block, {a = b} + {a <> b}.
  Variable cell_dec : forall x y : cell, {x = y} + {x <> y}.
  Variable block_of : cell -> block.
  Variable edge : nat -> hyperedge block.         (* the hyperedge of the step at a position *)
  Variable task : nat -> program cell value.      (* and what it does *)
  Hypothesis task_within : forall i, within block_of (edge i) (task i).
  Notation state := (state cell value).
  Notation act := (fun i => run cell_dec (task i)).
  Notation exec := (exec act).

  (* The specification: positions first … first + n - 1, one after another. *)
  Definition serial (first n : nat) (s : state) : state := exec (seq first n) s.

  (* What a lane does: its steps in their order. *)
  Definition lane_program (l : lane) : program cell value :=
    fold_right (fun i rest => andthen (task i) rest) Done l.

  (* A batch starts with every lane at its first access and ends when all lanes have ended; the next
     one starts then, in the memory that this one left. *)
  Inductive runs : plan -> state -> state -> Prop :=
  | runs_nothing : forall s, runs [] s s
  | runs_batch : forall B P s ended t u,
      micros cell_dec (map lane_program B, s) (ended, t) -> finished ended ->
      runs P t u -> runs (B :: P) s u.

  Lemma act_obeys : forall i, obeys block_of (edge i) (act i).
  Proof. intro i; apply run_obeys, task_within. Qed.

  Lemma run_lane : forall l s, run cell_dec (lane_program l) s = exec l s.
  Proof.
    induction l as [|i l IH]; simpl; intro s; [reflexivity|].
    rewrite run_andthen; apply IH.
  Qed.

  Lemma run_batch_in_turn : forall (B : batch) s,
    in_turn cell_dec (map lane_program B) s = exec (concat B) s.
  Proof.
    induction B as [|l B IH]; simpl; intro s; [reflexivity|].
    rewrite exec_app, run_lane; apply IH.
  Qed.

  (* The hyperedge of a lane: all that its steps write or read. *)
  Definition lane_edge (l : lane) : hyperedge block :=
    Hyperedge (flat_map (fun i => writes (edge i)) l) (flat_map (fun i => reads (edge i)) l).

  Lemma lane_within : forall l, within block_of (lane_edge l) (lane_program l).
  Proof.
    induction l as [|i l IH]; simpl; [exact I|].
    apply within_andthen.
    - apply (within_weaken block_of (edge i)); [| | apply task_within]; simpl;
        apply incl_appl, incl_refl.
    - apply (within_weaken block_of (lane_edge l)); [| | exact IH]; simpl; apply incl_appr, incl_refl.
  Qed.

  Lemma batch_within : forall B : batch,
    Forall2 (within block_of) (map lane_edge B) (map lane_program B).
  Proof. induction B; simpl; constructor; [apply lane_within | assumption]. Qed.

  Lemma lane_touches : forall l b, touches (lane_edge l) b -> exists i, In i l /\ touches (edge i) b.
  Proof.
    unfold touches; simpl; intros l b [H | H]; apply in_flat_map in H as [i [Hi H]]; eauto.
  Qed.

  Lemma lane_conflict : forall l m, conflict (lane_edge l) (lane_edge m) ->
    exists i j, In i l /\ In j m /\ conflict (edge i) (edge j).
  Proof.
    unfold conflict; simpl; intros l m [b [[W T] | [W T]]];
      apply in_flat_map in W as [i [Hi W]]; apply lane_touches in T as [j [Hj T]].
    - exists i, j; split; [exact Hi | split; [exact Hj | exists b; tauto]].
    - exists j, i; split; [exact Hj | split; [exact Hi | exists b; tauto]].
  Qed.

  (* In a valid batch the lanes do not conflict. *)
  Definition lanes_apart (B : batch) : Prop := forall l m x y i j, l <> m ->
    nth_error B l = Some x -> nth_error B m = Some y -> In i x -> In j y ->
    ~ conflict (edge i) (edge j).

  Lemma lanes_disjoint : forall B, lanes_apart B -> disjoint (map lane_edge B).
  Proof.
    induction B as [|x B IH]; simpl; intro A; constructor.
    - apply Forall_forall; intros e He; apply in_map_iff in He as [y [<- Hy]].
      intro C; apply lane_conflict in C as [i [j [Hi [Hj C]]]].
      apply In_nth_error in Hy as [m Hy].
      exact (A 0 (S m) x y i j (O_S m) eq_refl Hy Hi Hj C).
    - apply IH; intros l m y z i j N; apply (A (S l) (S m)); congruence.
  Qed.

  Lemma batch_apart : forall B, lanes_apart B ->
    apart block_of (map lane_edge B) (map lane_program B).
  Proof. intros B A; split; [apply batch_within | apply lanes_disjoint, A]. Qed.

  Lemma property_lanes_apart : forall P b B, plan_property edge P -> NoDup (positions P) ->
    nth_error P b = Some B -> lanes_apart B.
  Proof.
    intros P b B H D HB l m x y i j N Hx Hy Hi Hj C.
    apply In_nth_error in Hi as [p Hi]; apply In_nth_error in Hj as [q Hj].
    assert (Pi : placed P b l p i) by (exists B, x; auto).
    assert (Pj : placed P b m q j) by (exists B, y; auto).
    destruct (lt_eq_lt_dec i j) as [[Lt | <-] | Lt].
    - destruct (H _ _ _ _ _ _ _ _ Lt C Pi Pj) as [K | [_ [K _]]]; [lia | congruence].
    - (* one position in two lanes: excluded by covering *)
      assert (Z : forall l m x y p q, l < m -> nth_error B l = Some x -> nth_error B m = Some y ->
                  nth_error x p = Some i -> nth_error y q = Some i -> False).
      { intros l' m' x' y' p' q' Lt Hx' Hy' Hi' Hj'.
        assert (K : before (positions P) i i).
        { unfold positions; apply (before_concat _ b b (concat B) (concat B));
            try (now apply map_nth_error); try (eapply in_lane_in_batch; eauto using nth_error_In).
          right; split; [reflexivity|].
          apply (before_concat B l' m' x' y'); eauto using nth_error_In. }
        clear - D K; induction (positions P) as [|z zs IH]; [exact K|].
        apply NoDup_cons_iff in D as [Nz D]; destruct K as [[-> K] | K]; [tauto | auto]. }
      destruct (lt_eq_lt_dec l m) as [[K | K] | K]; [eapply Z; eassumption | tauto |].
      apply (Z m l y x q p); assumption.
    - destruct (H _ _ _ _ _ _ _ _ Lt (conflict_sym _ _ C) Pj Pi) as [K | [_ [K _]]]; [lia | congruence].
  Qed.

  (* Running a plan is running its positions batch by batch and lane by lane. *)
  Lemma runs_in_turn : forall P s u, Forall lanes_apart P -> runs P s u ->
    same u (exec (positions P) s).
  Proof.
    intros P s u A R; revert A; induction R as [s | B P s ended t u M F R IH]; intro A.
    - apply same_refl.
    - inversion A as [|B' P' HB HP]; subst.
      unfold positions; simpl; rewrite exec_app.
      eapply same_trans; [now apply IH|].
      apply (exec_same block_dec block_of edge act act_obeys).
      rewrite <- run_batch_in_turn.
      eapply any_schedule; [exact block_dec | apply batch_apart, HB | exact M | exact F].
  Qed.

  Lemma valid_lanes_apart : forall first n P, valid edge first n P -> Forall lanes_apart P.
  Proof.
    intros first n P [Hc Hp]; apply Forall_forall; intros B HB.
    apply In_nth_error in HB as [b HB].
    eapply property_lanes_apart; [exact Hp | | exact HB].
    exact (Permutation_NoDup Hc (seq_NoDup _ _)).
  Qed.

  (* A valid plan, run by any schedule, ends in the state of the serial run. *)
  Theorem plan_is_serial : forall first n P, valid edge first n P ->
    forall s t, runs P s t -> same t (serial first n s).
  Proof.
    intros first n P V s t R.
    eapply same_trans; [eapply runs_in_turn; [eapply valid_lanes_apart; exact V | exact R]|].
    destruct V as [Hc Hp].
    apply (reorder_positions block_dec block_of edge act act_obeys); [exact Hc|].
    intros i j Lt C Hi Hj.
    apply in_plan_placed in Hi as [b [l [p Hi]]]; apply in_plan_placed in Hj as [c [m [q Hj]]].
    exact (placed_before _ _ _ _ _ _ _ _ _ Hi Hj (Hp _ _ _ _ _ _ _ _ Lt C Hi Hj)).
  Qed.

  (* No batch of a valid plan ever races, whatever the memory in which it starts. *)
  Theorem plan_race_free : forall first n P, valid edge first n P ->
    forall B s now t, In B P -> micros cell_dec (map lane_program B, s) (now, t) -> ~ race now.
  Proof.
    intros first n P V B s now t HB M.
    eapply race_free; [apply batch_apart | exact M].
    apply (proj1 (Forall_forall _ _) (valid_lanes_apart first n P V) B HB).
  Qed.

  (* Every plan can be run to its end (and no schedule of a batch is infinite: interleave.v). *)
  Theorem plan_can_run : forall P s, exists t, runs P s t.
  Proof.
    induction P as [|B P IH]; intro s; [exists s; constructor|].
    destruct (can_finish cell_dec (map lane_program B) s) as [ended [t [M F]]].
    destruct (IH t) as [u R]; exists u; econstructor; eassumption.
  Qed.
End Run.

(* * Segments

   Consecutive segments of the order can be planned apart from each other and their plans put one
   after the other: a batch boundary orders everything. *)

Lemma placed_app : forall P Q b l p i, placed (P ++ Q) b l p i ->
  (b < length P /\ placed P b l p i) \/
  (length P <= b /\ placed Q (b - length P) l p i).
Proof.
  unfold placed; intros P Q b l p i [B [x [HB H]]].
  destruct (le_lt_dec (length P) b) as [Le | Lt].
  - rewrite nth_error_app2 in HB by exact Le; right; eauto.
  - rewrite nth_error_app1 in HB by exact Lt; left; eauto.
Qed.

Lemma placed_in : forall P b l p i, placed P b l p i -> In i (positions P).
Proof.
  unfold positions; intros P b l p i [B [x [HB [Hx Hi]]]].
  apply in_concat; exists (concat B); split.
  - apply in_map, (nth_error_In _ _ HB).
  - eapply in_lane_in_batch; [exact Hx | exact (nth_error_In _ _ Hi)].
Qed.

Theorem segments : forall {block} (edge : nat -> hyperedge block) first m n P Q,
  valid edge first m P -> valid edge (first + m) n Q -> valid edge first (m + n) (P ++ Q).
Proof.
  intros block edge first m n P Q [CP HP] [CQ HQ]; split.
  - unfold covers, positions in *; rewrite map_app, concat_app, seq_app.
    now apply Permutation_app.
  - intros i j b l p c k q Lt C Hi Hj.
    apply placed_app in Hi as [[Bi Hi] | [Bi Hi]]; apply placed_app in Hj as [[Bj Hj] | [Bj Hj]].
    + exact (HP _ _ _ _ _ _ _ _ Lt C Hi Hj).
    + left; lia.
    + exfalso; apply placed_in in Hi, Hj.
      apply (Permutation_in _ (Permutation_sym CQ)), in_seq in Hi.
      apply (Permutation_in _ (Permutation_sym CP)), in_seq in Hj; lia.
    + destruct (HQ _ _ _ _ _ _ _ _ Lt C Hi Hj) as [H | [H K]]; [left; lia | right; split; [lia | exact K]].
Qed.
