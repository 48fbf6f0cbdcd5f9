/* model.h: a model out of a catalogue, in tests.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_TEST_MODEL_H
#define WI_TEST_MODEL_H

#include "tests/ok.h"

#include "models/catalogue.h"

static inline const struct wi_model *model_in(const struct wi_catalogue *catalogue,
                                              const char *id) {
    const struct wi_model *model = NULL;
    ok(wi_catalogue_find(catalogue, id, &model, err));
    return model;
}

#endif
