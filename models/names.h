/* names.h: what models are called, and whether a new one may be called so. For models/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_NAMES_H
#define WI_NAMES_H

#include "models/model.h"

#include <stddef.h>

enum { WI_ID_MOST = 64, WI_NAME_MOST = 120 }; /* bytes; wi_name_fold keeps all of either */

/* "Mistral 7B", "mistral_7b" and "mistral-7b" are one name: case, blanks, dashes, underscores and
 * colons do not count; dots do (Llama 3.1 is not Llama 31). */
void wi_name_fold(const char *text, char out[WI_NAME_MOST + 1]);
/* Is it the model's id, name or one of its aliases? `folded` by wi_name_fold. */
bool wi_model_goes_by(const struct wi_model *model, const char folded[WI_NAME_MOST + 1]);
/* Does a list on a command line, a path and a table keep it whole? */
bool wi_id_is_good(const char *id);
/* May `model` be called as it is, beside the n models of `others`? WI_USAGE with a sentence: a bad
 * id; a name that nobody could ask for, or that already is another model's. */
int wi_model_check_names(const struct wi_model *model, const struct wi_model *const *others,
                         size_t n, struct wi_err *err);

#endif
