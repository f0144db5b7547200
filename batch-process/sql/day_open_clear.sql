DELETE FROM batch_under_way
