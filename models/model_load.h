/* model_load.h: what the catalogue's loader asks of a model it just read. For models/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_MODEL_LOAD_H
#define WI_MODEL_LOAD_H

#include "models/model.h"

/* WI_USAGE with a sentence about the first hyper-parameter that makes no sense. */
int wi_model_check(const struct wi_model *model, struct wi_err *err);
/* Fills hash and params. */
int wi_model_complete(struct wi_model *model, struct wi_err *err);

#endif
