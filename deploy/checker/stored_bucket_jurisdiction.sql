-- metrics' buckets by jurisdiction and day, in the order of their keys.
SELECT b.jurisdiction_id, m.name, b.bin, b.day, b.count, b.total
FROM bucket_jurisdiction b JOIN measure m ON m.code = b.measure
ORDER BY b.jurisdiction_id COLLATE "C", m.name COLLATE "C", b.bin, b.day
