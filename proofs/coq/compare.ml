(* Reads cases and plans of the C planner (the format: cases.c), plans each case again with the
   function extracted from the proofs, and compares. Ends with 0 and a count if all plans are the
   same, with 1 at the first difference, with 2 if the input is malformed or cut off. *)

exception Malformed of string

(* * Input: words separated by white space *)

let buffer = Buffer.create 32

let rec word () =
  match input_char stdin with
  | ' ' | '\n' -> if Buffer.length buffer = 0 then word () else taken ()
  | c -> Buffer.add_char buffer c; word ()
  | exception End_of_file ->
      if Buffer.length buffer = 0 then raise (Malformed "the input ends early") else taken ()

and taken () =
  let w = Buffer.contents buffer in
  Buffer.clear buffer;
  w

let number () =
  let w = word () in
  match int_of_string_opt w with
  | Some n when n >= 0 -> n
  | _ -> raise (Malformed ("a number was expected, not " ^ w))

let expect w =
  let got = word () in
  if got <> w then raise (Malformed (w ^ " was expected, not " ^ got))

(* [times n f] is what n calls of f give, in their order. *)
let times n f =
  let rec go n = if n = 0 then [] else let x = f () in x :: go (n - 1) in
  go n

(* * Numbers of Coq *)

let rec nat_of n = let rec go m n = if n = 0 then m else go (Planned.S m) (n - 1) in go Planned.O n

and int_of m = let rec go n = function Planned.O -> n | Planned.S m -> go (n + 1) m in go 0 m

let rec positive_of n =
  if n = 1 then Planned.XH
  else if n land 1 = 1 then Planned.XI (positive_of (n / 2))
  else Planned.XO (positive_of (n / 2))

(* Blocks are numbered from 0 in C and from 1 in Coq. *)
let block_of b = positive_of (b + 1)

(* * Cases *)

let read_step () =
  let written = number () in
  let read = number () in
  let writes = times written (fun () -> block_of (number ())) in
  { Planned.writes; reads = times read (fun () -> block_of (number ())) }

(* The steps in segments of [size], the last one perhaps shorter. *)
let rec cut size steps =
  let rec take n = function
    | x :: rest when n > 0 -> let segment, rest = take (n - 1) rest in (x :: segment, rest)
    | rest -> ([], rest)
  in
  if steps = [] then [] else let segment, rest = take size steps in segment :: cut size rest

let show plan =
  let lane l = "[" ^ String.concat " " (List.map string_of_int l) ^ "]" in
  String.concat "\n" (List.map (fun batch -> "  " ^ String.concat " " (List.map lane batch)) plan)

(* Steps and batches of the case, if both plans are the same. *)
let compare_case index =
  let lanes = number () in
  let batch = number () in
  let deferrals = number () in
  let segment = number () in
  let steps = number () in
  (* sq_plan_choose: a batch ends with its segment, and a lane's share is of what it can have *)
  let batch = min batch segment in
  if lanes = 0 || segment = 0 then raise (Malformed "lanes and segments must not be 0");
  let edges = times steps read_step in
  expect "plan";
  let batches = number () in
  let read_lane () = times (number ()) number in
  let theirs = times batches (fun () -> times lanes read_lane) in
  let ours =
    Planned.plan_like_c (nat_of lanes) (nat_of batch) (nat_of deferrals) (cut segment edges)
    |> List.map (List.map (List.map int_of))
  in
  if ours <> theirs then begin
    Printf.printf "compare: case %d (%d lanes, batch %d, deferrals %d, segment %d, %d steps) differs\n"
      index lanes batch deferrals segment steps;
    Printf.printf "proved planner, a line a batch:\n%s\nC planner:\n%s\n" (show ours) (show theirs);
    exit 1
  end;
  (steps, batches)

let rec compare_all index steps batches =
  match word () with
  | "case" ->
      let s, b = compare_case index in
      compare_all (index + 1) (steps + s) (batches + b)
  | "end" ->
      if number () <> index then raise (Malformed "some cases are missing");
      Printf.printf "compare: %d cases, %d steps, %d batches: the C planner makes the proved plans\n"
        index steps batches
  | w -> raise (Malformed ("case or end was expected, not " ^ w))

let () =
  try compare_all 0 0 0
  with Malformed what ->
    Printf.eprintf "compare: malformed input: %s\n" what;
    exit 2
