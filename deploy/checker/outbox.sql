-- What the outbox still holds of a part: each event's number, topic, id, and a fingerprint of id, type and content.
SELECT seq, aggregatetype, id::text, decode(md5(convert_to(id::text || E'\n' || type || E'\n', 'UTF8') || payload), 'hex')
FROM outbox
WHERE part = $1
ORDER BY seq
