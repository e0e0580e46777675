-- Observations by jurisdiction and day, in the order of their keys.
SELECT jurisdiction_id, measure, bin, day, sum(count)::bigint, sum(total)::bigint
FROM observation
GROUP BY jurisdiction_id, measure, bin, day
ORDER BY jurisdiction_id COLLATE "C", measure COLLATE "C", bin, day
