-- The events that feedback's rows must have caused: how many of each type about each item.
SELECT f.type, uuid_send(f.item), count(*)
FROM (SELECT o.type, r.id
      FROM request r CROSS JOIN LATERAL (VALUES
          ('feedback.request.opened.v1', r.opened_at),
          ('feedback.request.acknowledged.v1', r.acknowledged_at),
          ('feedback.request.closed.v1', r.closed_at)) o (type, moment)
      WHERE o.moment IS NOT NULL
      UNION ALL
      SELECT 'feedback.request.answered.v1', request_id FROM request_answer
      UNION ALL
      SELECT 'feedback.request.closed.v1', request_id FROM request_reopening
      UNION ALL
      SELECT 'feedback.request.reopened.v1', request_id FROM request_reopening
      UNION ALL
      SELECT 'feedback.request.progressed.v1', request_id FROM request_progress
      UNION ALL
      SELECT 'feedback.note.posted.v1', id FROM request_note WHERE contributor IS NOT NULL
      UNION ALL
      SELECT 'feedback.rating.given.v1', id FROM rating
      UNION ALL
      SELECT 'feedback.rating.withdrawn.v1', id FROM rating WHERE state = 'withdrawn'
      UNION ALL
      SELECT 'feedback.call.opened.v1', id FROM contribution_call
      UNION ALL
      SELECT 'feedback.call.closed.v1', id FROM contribution_call WHERE closed_at IS NOT NULL
      UNION ALL
      SELECT o.type, c.id
      FROM contribution c CROSS JOIN LATERAL (VALUES
          ('feedback.contribution.pledged.v1', c.given_at),
          ('feedback.contribution.made.v1', c.made_at),
          ('feedback.contribution.verified.v1', c.verified_at),
          ('feedback.contribution.refused.v1', c.refused_at),
          ('feedback.contribution.withdrawn.v1', c.withdrawn_at)) o (type, moment)
      WHERE o.moment IS NOT NULL
     ) f (type, item)
GROUP BY f.type, f.item
