-- For wrk: counts each answer by the server that it names and by the second, says once a second how far it is, and writes the
-- whole as JSON. LuaJIT's ffi, because Lua's own clocks tell whole seconds or processor time.
local ffi = require("ffi")
ffi.cdef[[
typedef struct { long sec; long nsec; } lab_time;
int clock_gettime(int clock, lab_time *time);
]]
local time = ffi.new("lab_time")
local function now()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.sec) + tonumber(time.nsec) / 1e9
end

-- wrk's own would try each address first, and wait two minutes for one that does not answer.
function wrk.resolve(host, service) wrk.addrs = wrk.lookup(host, service) end

local runs = {}
function setup(thread) runs[#runs + 1] = thread end

-- Flat, since wrk crashes when it hands over a table within a table.
answers, statuses = {}, {}
local began, second, total

function init() began, second, total = now(), 0, 0 end

-- HAProxy writes names of headers in lower case.
function response(status, headers)
  local server = (headers["X-Real-Server"] or headers["x-real-server"] or "?"):gsub("[^%w.?-]", "")
  local at = math.floor(now() - began)
  local key = server .. " " .. at
  answers[key] = (answers[key] or 0) + 1
  if status < 200 or status > 299 then statuses[tostring(status)] = (statuses[tostring(status)] or 0) + 1 end
  total = total + 1
  if at > second then
    second = at
    io.stdout:write("@second ", at, " ", total, "\n")
    io.stdout:flush()
  end
end

local function json(counts)
  local rows = {}
  for key, count in pairs(counts) do rows[#rows + 1] = string.format('"%s":%d', key, count) end
  return "{" .. table.concat(rows, ",") .. "}"
end

function done(summary, latency)
  local e, rows = summary.errors, {}
  for i = 1, #latency do rows[i] = string.format("[%d,%d]", latency(i)) end
  io.write("@report {", string.format('"duration":%d,"requests":%d,"bytes":%d,', summary.duration, summary.requests, summary.bytes))
  io.write('"errors":', json({ connect = e.connect, read = e.read, write = e.write, timeout = e.timeout }))
  io.write(',"latency":[', table.concat(rows, ","), "]")
  -- One thread, so there is one run.
  io.write(',"answers":', json(runs[1]:get("answers")), ',"statuses":', json(runs[1]:get("statuses")), "}\n")
end
