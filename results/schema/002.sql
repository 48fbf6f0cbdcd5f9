-- 002.sql: what was seen behind each doubt; figures that stand beside a measurement.
-- SPDX-License-Identifier: Apache-2.0
ALTER TABLE measurement ADD COLUMN doubt_notes TEXT;
ALTER TABLE measurement ADD COLUMN beside TEXT;
