-- Measures that metrics keeps on demand, and that nothing has demanded, or that are not complete yet.
SELECT m.name FROM measure m JOIN measure_on_demand d ON d.measure = m.code WHERE d.complete_at IS NULL
