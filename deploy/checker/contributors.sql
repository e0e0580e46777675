-- Who took part where and when, each once. `counts` is false where all that they gave there was withdrawn.
SELECT service_id COLLATE "C", coalesce(district_id, '') COLLATE "C",
       date_trunc('month', moment AT TIME ZONE 'UTC')::date AS month, contributor, bool_or(counts)
FROM (SELECT service_id, district_id, opened_at, contributor, true FROM request
      UNION ALL
      SELECT service_id, district_id, given_at, contributor, state <> 'withdrawn' FROM rating
     ) input (service_id, district_id, moment, contributor, counts)
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3
