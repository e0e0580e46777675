-- metrics' buckets by service, district and month, in the order of their keys.
SELECT b.service_id, b.district_id, m.name, b.bin, b.month, b.count, b.total
FROM bucket_month b JOIN measure m ON m.code = b.measure
ORDER BY b.service_id COLLATE "C", b.district_id COLLATE "C", m.name COLLATE "C", b.bin, b.month
