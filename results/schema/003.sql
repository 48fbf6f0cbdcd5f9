-- 003.sql: every ceiling behind a roofline, and its passes.
-- SPDX-License-Identifier: Apache-2.0
ALTER TABLE measurement ADD COLUMN ceilings TEXT;

-- One row a limit, measured in one way; the roofline's figures are the best of each kind. Only
-- json_each(): a file from anybody is read with its schema untrusted, and then views may not call
-- JSON's scalar functions.
CREATE VIEW ceiling AS
SELECT m.measurement_id, c.key AS i, m.run_id, m.device_id, m.backend, m.compute_device_id,
       (SELECT value FROM json_each(c.value) WHERE key = 'ceiling') AS ceiling,
       (SELECT value FROM json_each(c.value) WHERE key = 'how') AS how,
       (SELECT value FROM json_each(c.value) WHERE key = 'arithmetic') AS arithmetic,
       (SELECT value FROM json_each(c.value) WHERE key = 'precision') AS precision,
       (SELECT value FROM json_each(c.value) WHERE key = 'phase') AS phase,
       (SELECT value FROM json_each(c.value) WHERE key = 'threads') AS threads,
       (SELECT value FROM json_each(c.value) WHERE key = 'value') AS value,
       (SELECT value FROM json_each(c.value) WHERE key = 'unit') AS unit,
       (SELECT value FROM json_each(c.value) WHERE key = 'work') AS work,
       (SELECT value FROM json_each(c.value) WHERE key = 'samples_ns') AS samples_ns
FROM measurement AS m, json_each(m.ceilings) AS c WHERE m.kind = 'roofline';
