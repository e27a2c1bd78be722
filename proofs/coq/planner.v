(* The planner `lanes` as a function: src/plan/lanes.c in mathematics.

   For one batch every block has a mark.  A step may join a lane only if the marks of its blocks
   allow it; otherwise it is deferred to the next batch, and marks its blocks so that nothing that
   conflicts with it overtakes it.

       mark        meaning in this batch                          a read      a write
       Free        untouched                                      anywhere    anywhere
       Owned l     written; all accesses so far are lane l's      only l      only l
       ReadBy l    only read, by lane l alone                     anywhere    only l
       Shared      only read, by several lanes or deferred steps  anywhere    wait
       Blocked     a deferred step waits for it                   wait        wait

   What is left open, as parameters: [choose], the lane of a step that may go anywhere; [full], whether
   a step waits although one lane could take it; and [close], whether the batch ends after a visit.
   All may look at everything: the batches made so far, the batch being made, the steps not yet
   visited.  planner_proof.v shows the plan valid for all choices;
   those that the C code makes stand at the end of this file. *)

Require Import List Arith NArith FMapPositive.
Require Import Sequent.step Sequent.plan.
Import ListNotations.

(* Blocks are numbered 1, 2, 3, … *)
Definition block : Type := positive.

(* A step to be planned: its position in the order and its hyperedge. *)
Record item := Item { position : nat; edge_of : hyperedge block }.

(* * Marks *)

Inductive mark := Free | Owned (l : nat) | ReadBy (l : nat) | Shared | Blocked.

Definition marks := PositiveMap.t mark.

Definition mark_of (m : marks) (b : block) : mark :=
  match PositiveMap.find b m with Some k => k | None => Free end.

(* What an access demands of the step's lane. *)
Inductive demand := Anywhere | Only (l : nat) | Wait.

Definition write_demand (k : mark) : demand :=
  match k with
  | Free => Anywhere
  | Owned l | ReadBy l => Only l
  | Shared | Blocked => Wait
  end.

Definition read_demand (k : mark) : demand :=
  match k with
  | Free | ReadBy _ | Shared => Anywhere
  | Owned l => Only l
  | Blocked => Wait
  end.

Definition both (d e : demand) : demand :=
  match d, e with
  | Wait, _ | _, Wait => Wait
  | Anywhere, e => e
  | d, Anywhere => d
  | Only l, Only k => if l =? k then Only l else Wait
  end.

Definition demand_of (m : marks) (e : hyperedge block) : demand :=
  both (fold_right (fun b d => both (write_demand (mark_of m b)) d) Anywhere (writes e))
       (fold_right (fun b d => both (read_demand (mark_of m b)) d) Anywhere (reads e)).

(* How a step that joins lane l, and one that is deferred, change the marks of its blocks. *)
Definition join_write (l : nat) (_ : mark) : mark := Owned l.

Definition join_read (l : nat) (k : mark) : mark :=
  match k with
  | Free => ReadBy l
  | ReadBy k => if k =? l then ReadBy k else Shared
  | k => k
  end.

Definition defer_write (_ : mark) : mark := Blocked.

Definition defer_read (k : mark) : mark :=
  match k with
  | Free | ReadBy _ | Shared => Shared
  | Owned _ | Blocked => Blocked
  end.

Definition remark (f : mark -> mark) (bs : list block) (m : marks) : marks :=
  fold_left (fun m b => PositiveMap.add b (f (mark_of m b)) m) bs m.

(* * A batch being made *)

Record making := Making {
  marked : marks;
  lanes : list (list item);   (* each with its newest step first *)
  deferred : list item        (* newest first *)
}.

Fixpoint push (l : nat) (x : item) (ls : list (list item)) : list (list item) :=
  match ls, l with
  | [], _ => []
  | lane :: rest, 0 => (x :: lane) :: rest
  | lane :: rest, S l => lane :: push l x rest
  end.

Definition join (B : making) (x : item) (l : nat) : making :=
  Making (remark (join_read l) (reads (edge_of x))
            (remark (join_write l) (writes (edge_of x)) (marked B)))
         (push l x (lanes B)) (deferred B).

Definition defer (B : making) (x : item) : making :=
  Making (remark defer_read (reads (edge_of x))
            (remark defer_write (writes (edge_of x)) (marked B)))
         (lanes B) (x :: deferred B).

(* The batch as it stands in the plan. *)
Definition made (B : making) : batch := map (fun lane => rev (map position lane)) (lanes B).

(* * The planner *)

Section Planner.
  Variable L : nat.   (* lanes *)
  Variable choose : plan -> making -> list item -> item -> nat.
  Variable full : plan -> making -> list item -> item -> nat -> bool.
  Variable close : plan -> making -> list item -> bool.

  Definition visit (past : plan) (B : making) (rest : list item) (x : item) : making :=
    match demand_of (marked B) (edge_of x) with
    | Anywhere => join B x (choose past B rest x)
    | Only l => if full past B rest x l then defer B x else join B x l
    | Wait => defer B x
    end.

  (* Visits steps until the batch is closed or none is left; gives the batch and what is left. *)
  Fixpoint walk (past : plan) (B : making) (queue : list item) : making * list item :=
    match queue with
    | [] => (B, [])
    | x :: rest =>
        let B := visit past B rest x in
        if close past B rest then (B, rest) else walk past B rest
    end.

  Definition empty : making := Making (PositiveMap.empty mark) (repeat [] L) [].

  (* Batch after batch. The next queue: what was deferred, then what was not visited. [past] is what
     was planned before, newest first. There are at most as many batches as steps, so that [fuel]
     never runs out when it is the length of the queue. *)
  Fixpoint batches (fuel : nat) (past : plan) (queue : list item) : plan :=
    match fuel, queue with
    | S fuel, _ :: _ =>
        let (B, rest) := walk past empty queue in
        made B :: batches fuel (made B :: past) (rev_append (deferred B) rest)
    | _, _ => []
    end.

  (* Numbers the hyperedges of an order: first, first + 1, … *)
  Fixpoint number (first : nat) (edges : list (hyperedge block)) : list item :=
    match edges with
    | [] => []
    | e :: edges => Item first e :: number (S first) edges
    end.

  (* Plans an order, given by its steps' hyperedges, or a segment of it that begins at first. *)
  Definition plan_lanes (first : nat) (edges : list (hyperedge block)) : plan :=
    batches (length edges) [] (number first edges).

  (* Plans an order that is cut into segments, each on its own. *)
  Fixpoint plan_segments (first : nat) (segments : list (list (hyperedge block))) : plan :=
    match segments with
    | [] => []
    | edges :: rest => plan_lanes first edges ++ plan_segments (first + length edges) rest
    end.
End Planner.

(* * The choices of the C code *)

(* The cost of a step: blocks touched, at least one. *)
Definition cost (x : item) : N :=
  match (length (writes (edge_of x)) + length (reads (edge_of x)))%nat with
  | O => 1%N
  | n => N.of_nat n
  end.

Definition load (lane : list item) : N := fold_right (fun x c => (cost x + c)%N) 0%N lane.

(* The first lane with the least load: [best] is the best so far, with its load, [l] the next. *)
Fixpoint least (best : nat) (best_load : N) (l : nat) (ls : list (list item)) : nat :=
  match ls with
  | [] => best
  | lane :: rest =>
      let c := load lane in
      if (c <? best_load)%N then least l c (S l) rest else least best best_load (S l) rest
  end.

Definition choose_least (past : plan) (B : making) (rest : list item) (x : item) : nat :=
  match lanes B with
  | [] => 0
  | lane :: others => least 0 (load lane) 1 others
  end.

Definition admitted (B : making) : nat := length (concat (lanes B)).

(* A lane is full when it has its share of the batch, steps / L steps of the batch's mean cost. *)
Definition full_share (L steps : nat) (past : plan) (B : making) (rest : list item) (x : item)
    (l : nat) : bool :=
  (N.of_nat steps * load (concat (lanes B)) <=?
   load (nth l (lanes B) []) * N.of_nat (admitted B) * N.of_nat L)%N.

(* A batch ends with so many steps or so many deferrals. *)
Definition close_at (steps deferrals : nat) (past : plan) (B : making) (rest : list item) : bool :=
  orb (steps <=? admitted B) (deferrals <=? length (deferred B)).

Definition plan_like_c (L steps deferrals : nat) (segments : list (list (hyperedge block))) : plan :=
  plan_segments L choose_least (full_share L steps) (close_at steps deferrals) 0 segments.
