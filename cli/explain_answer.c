/* explain_answer.c: `explain verdict DEVICE MODEL` and `explain tier DEVICE`: from the evidence to
 * the answer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/units.h"
#include "cli/explain.h"
#include "cli/subject.h"
#include "report/trail.h"

static int read_rules(const struct wi_args *args, struct wi_rules *rules, struct wi_err *err) {
    const char *as_of = wi_args_get(args, "as-of");
    *rules = *wi_rules_default();
    if (as_of != NULL && wi_parse_utc(as_of, &rules->as_of_utc_ns) != WI_OK)
        return wi_fail(err, WI_USAGE, "--as-of %s: expected UTC such as 2026-11-25T00:00:00Z",
                       as_of);
    return WI_OK;
}

/* The device, its evidence and the constants: what every question is judged by. */
static int read_request(struct wi_cli *cli, struct wi_subject *subject, struct wi_rules *rules,
                        struct wi_verdict_request *request, struct wi_err *err) {
    const struct wi_args *args = &cli->args;
    WI_TRY(read_rules(args, rules, err));
    WI_TRY(wi_cli_catalogue(cli, &request->catalogue, err));
    WI_TRY(wi_cli_subject(cli, args->operands[1], subject, err));
    request->inventory = subject->inventory;
    request->evidence = &subject->evidence;
    request->rooflines = subject->rooflines;
    request->roofline_count = subject->roofline_count;
    request->rules = rules;
    request->compute_device_id = wi_args_get(args, "compute");
    return wi_cli_known_compute(subject->inventory, request->compute_device_id, err);
}

/* ---- verdict ---- */

static int read_question(struct wi_cli *cli, struct wi_targets *targets,
                         struct wi_verdict_request *request, struct wi_err *err) {
    const struct wi_args *args = &cli->args;
    const char *engine = wi_args_get(args, "engine");
    const struct wi_engine *found = NULL;
    request->precision = WI_FORMAT_q4_0;
    WI_TRY(wi_catalogue_find(request->catalogue, args->operands[2], &request->model, err));
    if (wi_args_has(args, "precision"))
        WI_TRY(wi_cli_precision("precision", wi_args_get(args, "precision"), false,
                                &request->precision, err));
    WI_TRY(
        wi_catalogue_find_engine(request->catalogue, engine ? engine : "reference", &found, err));
    request->engine = found->id;
    wi_targets_default(request->model, targets);
    WI_TRY(wi_args_u32(args, "context", 1, 1u << 30, &targets->context, err));
    request->targets = targets;
    return WI_OK;
}

int wi_explain_verdict(struct wi_cli *cli, struct wi_err *err) {
    struct wi_subject subject;
    struct wi_rules rules;
    struct wi_targets targets;
    struct wi_verdict_request request = {0};
    struct wi_verdict_trail trail;
    struct wi_verdict verdict;
    if (cli->args.operand_count != 3)
        return wi_fail(err, WI_USAGE, "explain verdict: give a DEVICE and a MODEL, and no more");
    WI_TRY(wi_cli_catalogue(cli, &request.catalogue, err));
    WI_TRY(read_question(cli, &targets, &request, err));
    WI_TRY(read_request(cli, &subject, &rules, &request, err));
    WI_TRY(wi_verdict_trail(&request, cli->arena, &trail, &verdict, err));
    const struct wi_verdict_steps view = {&verdict, &trail, &rules, subject.inventory->name,
                                          subject.looked_at};
    (cli->json ? wi_report_verdict_steps_json : wi_report_verdict_steps_text)(&view, &cli->out);
    return WI_OK;
}

/* ---- tier ---- */

int wi_explain_tier(struct wi_cli *cli, struct wi_err *err) {
    const struct wi_tier_file *tiers = NULL;
    struct wi_subject subject;
    struct wi_rules rules;
    struct wi_verdict_request request = {.engine = "reference"};
    struct wi_tier_trail trail;
    struct wi_tier_result result;
    if (cli->args.operand_count != 2)
        return wi_fail(err, WI_USAGE, "explain tier: give one DEVICE, and no more");
    WI_TRY(wi_cli_tiers(cli, wi_args_get(&cli->args, "tiers"), &tiers, err));
    WI_TRY(read_request(cli, &subject, &rules, &request, err));
    WI_TRY(wi_tier_trail(tiers, &request, cli->arena, &trail, &result, err));
    const struct wi_tier_steps view = {&result,
                                       &trail,
                                       tiers,
                                       &rules,
                                       subject.inventory->identity.device_id,
                                       subject.inventory->name,
                                       subject.looked_at};
    (cli->json ? wi_report_tier_steps_json : wi_report_tier_steps_text)(&view, &cli->out);
    return WI_OK;
}
