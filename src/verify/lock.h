/* What lock files and checkpoints share. */
#ifndef SQI_VERIFY_LOCK_H
#define SQI_VERIFY_LOCK_H

#include "sequent/lock.h"

/* Makes data and order, which the lock takes over, the recipe's; NULL for one: no memory. */
int sqi_lock_take(sq_lock *lock, char *data, char *order);

/* Releases what a lock owns. */
void sqi_lock_fini(sq_lock *lock);

/* SQ_BAD_ARGUMENT, with the option that asks for it, where a run of this mode cannot be verified. */
int sqi_lock_check_mode(sq_mode mode, const char *option, sq_error *error);

/* Takes over the hashes of the epochs that a checkpoint's run has ended. */
int sqi_recorder_go_on(sq_recorder *recorder, const sq_lock *facts, sq_error *error);

/* The JSON text of a lock, whose paths are made relative to the folder of the file `path`; released
 * with sqi_free. */
int sqi_lock_text(char **text, const sq_lock *lock, const char *path, sq_error *error);

/* The lock of a JSON text; path is the file's name, for messages and for the paths in it. */
int sqi_lock_parse(sq_lock **lock, const char *text, size_t size, const char *path,
                   sq_error *error);

/* A path that leads from the folder of `file` to `target`, free of links but for the last name; "-"
 * stays. A new string, released with sqi_free. Errors: SQ_NO_MEMORY; SQ_IO where a folder is
 * missing. */
int sqi_path_relative(char **relative, const char *target, const char *file, sq_error *error);

/* The reverse: where a path that is relative to the folder of `file` leads; absolute ones and "-"
 * stay. */
int sqi_path_resolve(char **path, const char *relative, const char *file, sq_error *error);

/* The same for an order, which names a path behind "file:" or is a mere word. */
int sqi_order_relative(char **relative, const char *order, const char *file, sq_error *error);
int sqi_order_resolve(char **order, const char *relative, const char *file, sq_error *error);

#endif
