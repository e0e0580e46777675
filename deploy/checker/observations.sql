-- What feedback's rows add to buckets: the table of docs/scores.md, section 1, net of everything that was taken back.
-- An observation whose moment is NULL does not exist. Heads every statement that counts observations.
WITH RECURSIVE power (bin, numerator, denominator) AS (
    SELECT 0, 1::numeric, 1::numeric
    UNION ALL
    SELECT bin + 1, numerator * 101, denominator * 99 FROM power WHERE numerator < denominator * 6324480000 -- 200 years
),
-- floor((101/99)^bin), exactly; a duration of x whole seconds lies in the first bin whose boundary reaches x.
boundary (reaches) AS MATERIALIZED (
    SELECT array_agg(div(numerator, denominator)::bigint ORDER BY bin) FROM power
),
observation (jurisdiction_id, service_id, district_id, measure, bin, day, count, total) AS (
    SELECT r.jurisdiction_id, r.service_id, coalesce(r.district_id, ''), o.measure, o.bin,
           (o.moment AT TIME ZONE 'UTC')::date, o.count, o.total
    FROM request r
    CROSS JOIN LATERAL (SELECT floor(extract(epoch FROM r.first_answered_at - r.opened_at))::bigint AS answered_after,
                               floor(extract(epoch FROM r.closed_at - r.opened_at))::bigint AS closed_after) s
    CROSS JOIN LATERAL (VALUES
        ('events', 0, r.opened_at, 1, 0::bigint),
        ('events', 0, r.acknowledged_at, 1, 0),
        ('events', 0, r.closed_at, 1, 0),
        ('inputs', 0, r.opened_at, 1, 0),
        ('opened', (r.due_at IS NOT NULL)::int, r.opened_at, 1, 0),
        ('due', 0, r.due_at, 1, 0),
        ('answered', 0, CASE WHEN r.first_answered_at <= r.answer_due_at THEN r.first_answered_at
                             ELSE r.answer_due_at END, 1, coalesce(r.first_answered_at <= r.answer_due_at, false)::int),
        ('time-to-answer', CASE WHEN s.answered_after = 0 THEN -1
                                ELSE width_bucket(s.answered_after - 1, (SELECT reaches FROM boundary)) END,
                           r.first_answered_at, 1, s.answered_after),
        ('resolution', array_position('{resolved,declined,duplicate,invalid}', r.resolution) - 1, r.closed_at, 1, 0),
        ('time-to-close', CASE WHEN s.closed_after = 0 THEN -1
                               ELSE width_bucket(s.closed_after - 1, (SELECT reaches FROM boundary)) END,
                          r.closed_at, 1, s.closed_after),
        ('on-time', 0, CASE WHEN r.due_at IS NOT NULL THEN r.closed_at END, 1, (r.closed_at <= r.due_at)::int),
        ('due-closed', 0, CASE WHEN r.closed_at IS NOT NULL AND r.due_at IS NOT NULL
                               THEN greatest(r.closed_at, r.due_at) END, 1, 0),
        ('first-time-fix', 0, CASE WHEN r.resolution = 'resolved' THEN r.closed_at + interval '2592000 seconds' END, 1, 1)
    ) o (measure, bin, moment, count, total)
    WHERE o.moment IS NOT NULL
    UNION ALL
    SELECT r.jurisdiction_id, r.service_id, coalesce(r.district_id, ''), 'events', 0,
           (a.at AT TIME ZONE 'UTC')::date, 1, 0
    FROM request_answer a JOIN request r ON r.id = a.request_id
    UNION ALL
    -- A closing that was undone leaves its event, that of the reopening, and whether the repair had lasted.
    SELECT r.jurisdiction_id, r.service_id, coalesce(r.district_id, ''), o.measure, 0,
           (o.moment AT TIME ZONE 'UTC')::date, 1, o.total
    FROM request_reopening u JOIN request r ON r.id = u.request_id
    CROSS JOIN LATERAL (SELECT u.reopened_at - u.closed_at <= interval '2592000 seconds' AS soon) s
    CROSS JOIN LATERAL (VALUES
        ('events', u.closed_at, 0),
        ('events', u.reopened_at, 0),
        ('first-time-fix', CASE WHEN u.resolution = 'resolved' AND s.soon THEN u.reopened_at END, 0),
        ('first-time-fix', CASE WHEN u.resolution = 'resolved' AND NOT s.soon
                                THEN u.closed_at + interval '2592000 seconds' END, 1)
    ) o (measure, moment, total)
    WHERE o.moment IS NOT NULL
    UNION ALL
    SELECT g.jurisdiction_id, g.service_id, coalesce(g.district_id, ''), o.measure, o.bin,
           (o.moment AT TIME ZONE 'UTC')::date, 1, o.total
    FROM rating g
    CROSS JOIN LATERAL (VALUES
        ('events', 0, g.given_at, 0),
        ('events', 0, g.withdrawn_at, 0),
        ('inputs', 0, CASE WHEN g.state <> 'withdrawn' THEN g.given_at END, 0),
        ('rating', g.value, CASE WHEN g.state = 'current' THEN g.given_at END, g.value)
    ) o (measure, bin, moment, total)
    WHERE o.moment IS NOT NULL
)
