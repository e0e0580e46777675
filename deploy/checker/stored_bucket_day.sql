-- metrics' buckets by service and day, in the order of their keys.
SELECT b.service_id, m.name, b.bin, b.day, b.count, b.total
FROM bucket_day b JOIN measure m ON m.code = b.measure
ORDER BY b.service_id COLLATE "C", m.name COLLATE "C", b.bin, b.day
