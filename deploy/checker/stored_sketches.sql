-- metrics' sketches of contributors, in the order of their keys.
SELECT service_id, district_id, month, sketch, stale
FROM contributor_sketch
ORDER BY service_id COLLATE "C", district_id COLLATE "C", month
