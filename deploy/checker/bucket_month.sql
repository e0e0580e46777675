-- Observations by service, district and month, in the order of their keys; events themselves are kept by day alone.
SELECT service_id, district_id, measure, bin, date_trunc('month', day::timestamp)::date AS month,
       sum(count)::bigint, sum(total)::bigint
FROM observation
WHERE measure <> 'events'
GROUP BY service_id, district_id, measure, bin, month
ORDER BY service_id COLLATE "C", district_id COLLATE "C", measure COLLATE "C", bin, month
