-- $1 period: the weeks or months to be made again.
SELECT owner, start FROM batch_todo WHERE period = $1 ORDER BY 1, 2
