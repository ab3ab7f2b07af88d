"""An item of a phone that is longer than it reads, in parts: a piece of Lua that several scripts have in them."""

CUT_ITEM_LUA = """
-- The item becomes its first part, where it is, and the others wait in front of all that waits. The receipt is for the last.
-- `parts`: payloads, each with its id but the first, which keeps that of the item. Nothing is done when the payload is not
-- `old` any more: then somebody else has cut it.
local function cut(queue, items, receipts, id, old, parts)
  local stored = redis.call('HGET', items, id)
  local at = stored and string.find(stored, '\\n', 1, true)
  if not at or string.sub(stored, at + 1) ~= old then return 0 end
  -- Who has read a part has not read the message: the name of the copy stays with the last (onesoup.csp.copies).
  local head = string.sub(stored, 1, at - 1)
  local part = string.find(head, '\\t', 1, true) and string.sub(head, -1) ~= '.' and head .. '.' or head
  redis.call('HSET', items, id, part .. '\\n' .. parts[1][2])
  for n = #parts, 2, -1 do
    redis.call('HSET', items, parts[n][1], (n == #parts and head or part) .. '\\n' .. parts[n][2])
    redis.call('LPUSH', queue, parts[n][1])
  end
  local receipt = redis.call('HGET', receipts, id)
  if receipt then
    redis.call('HSET', receipts, parts[#parts][1], receipt)
    redis.call('HDEL', receipts, id)
  end
  return 1
end
"""
