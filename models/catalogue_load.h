/* catalogue_load.h: between the catalogue's builder and the reader of its files. For models/ only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WI_CATALOGUE_LOAD_H
#define WI_CATALOGUE_LOAD_H

#include "models/catalogue.h"

struct wi_catalogue_builder {
    struct wi_arena *arena; /* of the catalogue */
    struct {
        const struct wi_model **items;
        size_t count, capacity;
    } models;
    struct {
        struct wi_size_class *items;
        size_t count, capacity;
    } classes;
    struct {
        struct wi_precision_family *items;
        size_t count, capacity;
    } families;
    struct {
        struct wi_engine *items;
        size_t count, capacity;
    } engines;
};

/* Reads YAML `text` of `size` bytes and adds what it holds; `where` names the file in messages.
 * WI_USAGE with file and line; WI_NOT_BUILT without libcyaml. */
int wi_catalogue_read_models(struct wi_catalogue_builder *builder, const char *where,
                             const char *text, size_t size, struct wi_err *err);
int wi_catalogue_read_classes(struct wi_catalogue_builder *builder, const char *where,
                              const char *text, size_t size, struct wi_err *err);
int wi_catalogue_read_families(struct wi_catalogue_builder *builder, const char *where,
                               const char *text, size_t size, struct wi_err *err);
int wi_catalogue_read_engines(struct wi_catalogue_builder *builder, const char *where,
                              const char *text, size_t size, struct wi_err *err);

#endif
