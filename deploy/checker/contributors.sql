-- Who took part where and when, each once: those who gave what counts.
SELECT DISTINCT service_id COLLATE "C", coalesce(district_id, '') COLLATE "C",
       date_trunc('month', moment AT TIME ZONE 'UTC')::date AS month, contributor
FROM (SELECT service_id, district_id, opened_at, contributor FROM request
      UNION ALL
      SELECT service_id, district_id, given_at, contributor FROM rating WHERE state <> 'withdrawn'
      UNION ALL
      SELECT r.service_id, r.district_id, n.at, n.contributor
      FROM request_note n JOIN request r ON r.id = n.request_id WHERE n.contributor IS NOT NULL
      UNION ALL
      SELECT service_id, district_id, given_at, contributor FROM contribution WHERE state <> 'withdrawn'
      UNION ALL
      SELECT service_id, district_id, published_at, contributor FROM proposal
      WHERE published_at IS NOT NULL AND withdrawn_at IS NULL AND erased_at IS NULL
      UNION ALL
      SELECT p.service_id, s.district_id, s.given_at, s.contributor FROM support s JOIN proposal p ON p.id = s.given_to
      UNION ALL
      SELECT p.service_id, p.district_id, c.given_at, c.contributor
      FROM comment c JOIN proposal p ON p.id = c.proposal_id WHERE c.withdrawn_at IS NULL AND c.erased_at IS NULL
      UNION ALL
      SELECT c.service_id, a.district_id, a.given_at, a.contributor
      FROM consultation_answer a JOIN consultation c ON c.id = a.consultation_id
      UNION ALL
      SELECT b.service_id, v.district_id, v.given_at, v.contributor FROM budget_vote v JOIN budget b ON b.id = v.budget_id
     ) input (service_id, district_id, moment, contributor)
ORDER BY 1, 2, 3
