-- Observations by service and day, in the order of their keys.
SELECT service_id, measure, bin, day, sum(count)::bigint, sum(total)::bigint
FROM observation
GROUP BY service_id, measure, bin, day
ORDER BY service_id COLLATE "C", measure COLLATE "C", bin, day
