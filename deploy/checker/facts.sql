-- The events that feedback's rows must have caused: about each item, the types of all of them.
SELECT f.item, array_agg(f.type)
FROM (SELECT uuid_send(r.id), o.type
      FROM request r CROSS JOIN LATERAL (VALUES
          ('feedback.request.opened.v1', r.opened_at),
          ('feedback.request.acknowledged.v1', r.acknowledged_at),
          ('feedback.request.closed.v1', r.closed_at)) o (type, moment)
      WHERE o.moment IS NOT NULL
      UNION ALL
      SELECT uuid_send(request_id), 'feedback.request.answered.v1' FROM request_answer
      UNION ALL
      SELECT uuid_send(request_id), 'feedback.request.progressed.v1' FROM request_progress
      UNION ALL
      SELECT uuid_send(request_id), type
      FROM request_reopening, (VALUES ('feedback.request.closed.v1'), ('feedback.request.reopened.v1')) o (type)
      UNION ALL
      SELECT uuid_send(id), 'feedback.note.posted.v1' FROM request_note WHERE contributor IS NOT NULL
      UNION ALL
      SELECT uuid_send(id), 'feedback.rating.given.v1' FROM rating
      UNION ALL
      SELECT uuid_send(id), 'feedback.rating.withdrawn.v1' FROM rating WHERE state = 'withdrawn'
      UNION ALL
      SELECT uuid_send(c.id), o.type
      FROM contribution_call c CROSS JOIN LATERAL (VALUES
          ('feedback.call.opened.v1', c.opened_at),
          ('feedback.call.closed.v1', c.closed_at)) o (type, moment)
      WHERE o.moment IS NOT NULL
      UNION ALL
      SELECT uuid_send(c.id), o.type
      FROM contribution c CROSS JOIN LATERAL (VALUES
          ('feedback.contribution.pledged.v1', c.given_at),
          ('feedback.contribution.made.v1', c.made_at),
          ('feedback.contribution.verified.v1', c.verified_at),
          ('feedback.contribution.refused.v1', c.refused_at),
          ('feedback.contribution.withdrawn.v1', c.withdrawn_at)) o (type, moment)
      WHERE o.moment IS NOT NULL
      UNION ALL
      SELECT uuid_send(p.id), o.type
      FROM proposal p CROSS JOIN LATERAL (VALUES
          ('feedback.proposal.published.v1', p.published_at),
          ('feedback.proposal.qualified.v1', p.qualified_at),
          ('feedback.proposal.decided.v1', p.decided_at),
          ('feedback.proposal.merged.v1', p.merged_at),
          ('feedback.proposal.delivered.v1', p.delivered_at),
          ('feedback.proposal.withdrawn.v1', coalesce(p.withdrawn_at, p.erased_at))) o (type, moment)
      WHERE o.moment IS NOT NULL
      UNION ALL
      SELECT uuid_send(proposal_id), 'feedback.proposal.milestone.reached.v1'
      FROM proposal_milestone WHERE reached_at IS NOT NULL
      UNION ALL
      SELECT uuid_send(given_to) || convert_to(contributor, 'UTF8')
             || int8send((extract(epoch FROM given_at) * 1000000)::bigint), 'feedback.support.given.v1'
      FROM support
      UNION ALL
      SELECT uuid_send(c.id), o.type
      FROM comment c CROSS JOIN LATERAL (VALUES
          ('feedback.comment.posted.v1', c.given_at),
          ('feedback.comment.withdrawn.v1', coalesce(c.withdrawn_at, c.erased_at))) o (type, moment)
      WHERE o.moment IS NOT NULL
      UNION ALL
      SELECT uuid_send(c.id), o.type
      FROM consultation c CROSS JOIN LATERAL (VALUES
          ('feedback.consultation.opened.v1', c.published_at),
          ('feedback.consultation.closed.v1', c.counted_at)) o (type, moment)
      WHERE o.moment IS NOT NULL
      UNION ALL
      SELECT uuid_send(id), 'feedback.consultation.answered.v1' FROM consultation_answer
      UNION ALL
      SELECT uuid_send(b.id), o.type
      FROM budget b CROSS JOIN LATERAL (VALUES
          ('feedback.budget.opened.v1', b.published_at),
          ('feedback.budget.decided.v1', b.decided_at)) o (type, moment)
      WHERE o.moment IS NOT NULL
      UNION ALL
      SELECT uuid_send(id), 'feedback.budget.vote.cast.v1' FROM budget_vote
     ) f (item, type)
GROUP BY f.item
