-- What feedback's rows add to buckets: the table of docs/scores.md, section 1, net of everything that was taken back.
-- An observation whose moment is NULL does not exist. Heads every statement that counts observations; its parameters
-- are the events of what has no row any longer: arrays of jurisdictions, services, days and numbers.
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
                               floor(extract(epoch FROM r.closed_at - r.opened_at))::bigint AS closed_after,
                               floor(extract(epoch FROM r.closed_at - r.due_at))::bigint AS late_by) s
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
        ('lateness', CASE WHEN s.late_by = 0 THEN -1
                          ELSE width_bucket(s.late_by - 1, (SELECT reaches FROM boundary)) END,
                     CASE WHEN r.closed_at > r.due_at THEN r.closed_at END, 1, s.late_by),
        ('on-time', 0, CASE WHEN r.due_at IS NOT NULL THEN r.closed_at END, 1, (r.closed_at <= r.due_at)::int),
        ('due-closed', 0, CASE WHEN r.closed_at IS NOT NULL AND r.due_at IS NOT NULL
                               THEN greatest(r.closed_at, r.due_at) END, 1, 0),
        ('first-time-fix', 0, CASE WHEN r.resolution = 'resolved' THEN r.closed_at + interval '2592000 seconds' END, 1, 1)
    ) o (measure, bin, moment, count, total)
    WHERE o.moment IS NOT NULL
    UNION ALL
    SELECT jurisdiction_id, service_id, '', 'events', 0, day, number, 0
    FROM unnest($1::text[], $2::text[], $3::date[], $4::bigint[]) gone (jurisdiction_id, service_id, day, number)
    UNION ALL
    SELECT r.jurisdiction_id, r.service_id, coalesce(r.district_id, ''), o.measure, 0,
           (o.at AT TIME ZONE 'UTC')::date, 1, 0
    FROM (SELECT 'events', request_id, at FROM request_answer
          UNION ALL
          SELECT 'events', request_id, at FROM request_progress
          UNION ALL
          SELECT measure, request_id, at FROM request_note, (VALUES ('events'), ('inputs')) o (measure)
          WHERE contributor IS NOT NULL
         ) o (measure, request_id, at) JOIN request r ON r.id = o.request_id
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
    UNION ALL
    SELECT g.jurisdiction_id, g.service_id, coalesce(g.district_id, ''), 'aspect', 8 * a.place + said.value,
           (g.given_at AT TIME ZONE 'UTC')::date, 1, said.value
    FROM rating g CROSS JOIN LATERAL (SELECT key, value::int FROM jsonb_each_text(g.aspects)) said (name, value)
    JOIN (VALUES ('tangibles', 0), ('reliability', 1), ('responsiveness', 2), ('assurance', 3), ('empathy', 4))
         a (name, place) ON a.name = said.name
    WHERE g.state = 'current'
    UNION ALL
    SELECT c.jurisdiction_id, c.service_id, coalesce(c.district_id, ''), 'events', 0,
           (o.moment AT TIME ZONE 'UTC')::date, 1, 0
    FROM contribution_call c CROSS JOIN LATERAL (VALUES (c.opened_at), (c.closed_at)) o (moment)
    WHERE o.moment IS NOT NULL
    UNION ALL
    SELECT c.jurisdiction_id, c.service_id, coalesce(c.district_id, ''), o.measure, 0,
           (o.moment AT TIME ZONE 'UTC')::date, 1, o.total
    FROM contribution c
    CROSS JOIN LATERAL (SELECT coalesce(c.verified_at <= c.due_at, false) AS kept, c.state <> 'withdrawn' AS counts) s
    CROSS JOIN LATERAL (VALUES
        ('events', c.given_at, 0::bigint),
        ('events', c.made_at, 0),
        ('events', c.verified_at, 0),
        ('events', c.refused_at, 0),
        ('events', c.withdrawn_at, 0),
        ('inputs', CASE WHEN s.counts THEN c.given_at END, 0),
        ('pledge-kept', CASE WHEN s.counts AND s.kept THEN c.verified_at
                             WHEN s.counts THEN c.due_at END, s.kept::int),
        ('contributed', CASE WHEN s.counts AND c.form IN ('hours', 'skills') AND c.verified_amount > 0
                             THEN c.verified_at END, c.verified_amount)
    ) o (measure, moment, total)
    WHERE o.moment IS NOT NULL
    UNION ALL
    SELECT p.jurisdiction_id, p.service_id, coalesce(p.district_id, ''), o.measure, 0,
           (o.moment AT TIME ZONE 'UTC')::date, 1, o.total
    FROM proposal p
    CROSS JOIN LATERAL (SELECT coalesce(p.decided_at <= p.decision_due_at, false) AS in_time,
                               coalesce(p.withdrawn_at, p.erased_at) AS ended_at) s
    CROSS JOIN LATERAL (VALUES
        ('events', p.published_at, 0),
        ('events', p.qualified_at, 0),
        ('events', p.decided_at, 0),
        ('events', p.merged_at, 0),
        ('events', p.delivered_at, 0),
        ('events', s.ended_at, 0),
        ('inputs', CASE WHEN s.ended_at IS NULL THEN p.published_at END, 0),
        ('decided', CASE WHEN s.ended_at IS NULL AND p.merged_at IS NULL
                         THEN CASE WHEN s.in_time THEN p.decided_at ELSE p.decision_due_at END END, s.in_time::int)
    ) o (measure, moment, total)
    WHERE o.moment IS NOT NULL
    UNION ALL
    -- What belongs to a proposal lies with its service.
    SELECT p.jurisdiction_id, p.service_id, coalesce(o.district_id, ''), o.measure, 0,
           (o.moment AT TIME ZONE 'UTC')::date, 1, 0
    FROM (SELECT m.proposal_id, p.district_id, 'events', m.reached_at
          FROM proposal_milestone m JOIN proposal p ON p.id = m.proposal_id
          UNION ALL
          SELECT s.given_to, s.district_id, o.measure, s.given_at
          FROM support s, (VALUES ('events'), ('inputs')) o (measure)
          UNION ALL
          SELECT c.proposal_id, p.district_id, o.measure, o.moment
          FROM comment c JOIN proposal p ON p.id = c.proposal_id
          CROSS JOIN LATERAL (SELECT coalesce(c.withdrawn_at, c.erased_at) AS ended_at) s
          CROSS JOIN LATERAL (VALUES
              ('events', c.given_at),
              ('events', s.ended_at),
              ('inputs', CASE WHEN s.ended_at IS NULL THEN c.given_at END)
          ) o (measure, moment)
         ) o (proposal_id, district_id, measure, moment) JOIN proposal p ON p.id = o.proposal_id
    WHERE o.moment IS NOT NULL
    UNION ALL
    SELECT o.jurisdiction_id, o.service_id, coalesce(o.district_id, ''), o.measure, 0,
           (o.moment AT TIME ZONE 'UTC')::date, 1, 0
    FROM (SELECT jurisdiction_id, service_id, '', 'events', published_at FROM consultation
          UNION ALL
          SELECT jurisdiction_id, service_id, '', 'events', closes_at FROM consultation WHERE counted_at IS NOT NULL
          UNION ALL
          SELECT c.jurisdiction_id, c.service_id, a.district_id, o.measure, a.given_at
          FROM consultation_answer a JOIN consultation c ON c.id = a.consultation_id,
               (VALUES ('events'), ('inputs')) o (measure)
          UNION ALL
          SELECT b.jurisdiction_id, b.service_id, '', 'events', o.moment
          FROM budget b CROSS JOIN LATERAL (VALUES (b.published_at), (b.decided_at)) o (moment)
          UNION ALL
          SELECT b.jurisdiction_id, b.service_id, v.district_id, o.measure, v.given_at
          FROM budget_vote v JOIN budget b ON b.id = v.budget_id, (VALUES ('events'), ('inputs')) o (measure)
         ) o (jurisdiction_id, service_id, district_id, measure, moment)
    WHERE o.moment IS NOT NULL
)
