// The expressions of feel_bench.cc in feelin. Run by bench/feel_compare, beside feelin's node_modules.
import { evaluate, parseExpression } from 'feelin';

const condition = 'amount > 100 and status = "approved"';
const filter = 'items[item > 500]';
const long =
  'if applicant.age >= 18 and applicant.income * 12 > loan.amount / ' +
  'loan.years then sum(loan.fees[rate < 0.05].total) + max(loan.base, 250) ' +
  'else (loan.amount - applicant.deposit) ** 2 / 1000 + 12.5 * 100';
const few = { orderId: 'A-1', amount: 120, status: 'approved' };
const many = { ...few, items: Array.from({ length: 1000 }, (_, i) => i + 1) };

function wanted(value, expected) {
  if (JSON.stringify(value) !== JSON.stringify(expected)) {
    throw new Error(`got ${JSON.stringify(value)}, wanted ${JSON.stringify(expected)}`);
  }
}
wanted(evaluate(condition, few).value, true);
wanted(evaluate(filter, many).value.length, 500);
wanted(long.length, 200);

// Microseconds of processor time a call, as //bench:feel_bench counts them: the best of five rounds of 0.3 s.
function measure(name, call) {
  for (let i = 0; i < 1000; ++i) call();
  let best = Infinity;
  for (let round = 0; round < 5; ++round) {
    const start = process.cpuUsage();
    let calls = 0;
    let used = 0;
    while (used < 300_000) {
      for (let i = 0; i < 20; ++i) call();
      calls += 20;
      const now = process.cpuUsage(start);
      used = now.user + now.system;
    }
    best = Math.min(best, used / calls);
  }
  console.log(`${name} ${best.toFixed(3)}`);
}

measure('ConditionFromText', () => evaluate(condition, few));
measure('Filter1000', () => evaluate(filter, many));
measure('Parse200', () => parseExpression(long));
