-- The inputs that count, by service and the channel that was told, given on the days from $1 to $2.
SELECT service_id, channel, count(*)
FROM (SELECT service_id, channel, opened_at FROM request
      UNION ALL
      SELECT service_id, channel, given_at FROM rating WHERE state <> 'withdrawn'
      UNION ALL
      SELECT r.service_id, n.channel, n.at
      FROM request_note n JOIN request r ON r.id = n.request_id WHERE n.contributor IS NOT NULL
      UNION ALL
      SELECT service_id, channel, given_at FROM contribution WHERE state <> 'withdrawn'
      UNION ALL
      SELECT service_id, channel, published_at FROM proposal
      WHERE published_at IS NOT NULL AND withdrawn_at IS NULL AND erased_at IS NULL
      UNION ALL
      SELECT p.service_id, s.channel, s.given_at FROM support s JOIN proposal p ON p.id = s.given_to
      UNION ALL
      SELECT p.service_id, c.channel, c.given_at
      FROM comment c JOIN proposal p ON p.id = c.proposal_id WHERE c.withdrawn_at IS NULL AND c.erased_at IS NULL
      UNION ALL
      SELECT c.service_id, a.channel, a.given_at
      FROM consultation_answer a JOIN consultation c ON c.id = a.consultation_id
      UNION ALL
      SELECT b.service_id, v.channel, v.given_at FROM budget_vote v JOIN budget b ON b.id = v.budget_id
     ) input (service_id, channel, moment)
WHERE (moment AT TIME ZONE 'UTC')::date BETWEEN $1 AND $2
GROUP BY service_id, channel
