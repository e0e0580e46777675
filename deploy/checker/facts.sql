-- The events that feedback's rows must have caused: how many of each type about each request, note or rating.
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
     ) f (type, item)
GROUP BY f.type, f.item
