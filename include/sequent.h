/* sequent: parallel stochastic gradient descent with the bits of one thread.
 *
 *     data    sparse rows, ratings, graphs, and their readers        sequent/data.h
 *     order   the sequence in which samples are processed            sequent/order.h
 *     problem hyperedges, step and loss: built in or a user's own    sequent/problem.h
 *     model   the built-in problems and what they leave              sequent/model.h
 *     optimizer  how steps use gradients, and schedules of steps     sequent/optimizer.h
 *     plan    which steps may run at once                            sequent/plan.h
 *     train   serial, planned, and the classic schemes beside them    sequent/train.h
 *     bench   what the machine gains from threads, to compare with   sequent/bench.h
 *     hash    canonical hashes, model files                          sequent/hash.h
 *     lock    what determines a model, and hashes of what came out   sequent/lock.h
 *     trace   every step's reads and writes, and where runs part     sequent/trace.h
 *     checkpoint  going on after an interruption                     sequent/checkpoint.h
 *
 * The library never prints, never exits and keeps no global state. Distinct objects may be used by
 * distinct threads at once. */
#ifndef SEQUENT_H
#define SEQUENT_H

#include "sequent/bench.h"
#include "sequent/checkpoint.h"
#include "sequent/data.h"
#include "sequent/generate.h"
#include "sequent/hash.h"
#include "sequent/lock.h"
#include "sequent/model.h"
#include "sequent/optimizer.h"
#include "sequent/order.h"
#include "sequent/plan.h"
#include "sequent/problem.h"
#include "sequent/random.h"
#include "sequent/status.h"
#include "sequent/trace.h"
#include "sequent/train.h"

#endif
