// What the methods of the library expect, and the error if they get something else.
"use strict";

const { inspect, types } = require("node:util");

/** The longest part of a wrong value that a message shows. */
const SHOWN = 100;

/** A form has words for messages, and a function that decides whether a value has the form. */
const form = (words, accepts) => ({ words, accepts });

const isText = (value) => typeof value === "string" && value !== "";
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isListOf = (accepts) => (value) => Array.isArray(value) && value.every(accepts);
const isTime = (value) => (types.isDate(value) ? !Number.isNaN(value.getTime()) : isText(value));
const isAccount = (value) => typeof idOf(value) === "string" && /^\d{12}$/.test(idOf(value));
const isDuration = (value) => Number.isFinite(value) || isText(value);
const isScenario = (value) => isText(value) || isObject(value);

const forms = {
  any: form("anything", () => true),
  account: form("an account ID of 12 digits, or an account", isAccount),
  binary: form("the path of the program", isText),
  duration: form('a duration such as "P3D" or "36h", or a number of milliseconds', isDuration),
  endpoint: form("a URL such as http://127.0.0.1:4600", isEndpoint),
  faults: form("a fault, or an array of faults", (value) => isObject(value) || isListOf(isObject)(value)),
  findings: form("an array of findings", isListOf(isObject)),
  flag: form("true or false", (value) => typeof value === "boolean"),
  object: form("an object", isObject),
  oneScenario: form('a path, "builtin:NAME", a URL or an object', isScenario),
  port: form("an integer from 0 to 65535", (value) => Number.isInteger(value) && value >= 0 && value <= 65_535),
  scenario: form(
    'a path, "builtin:NAME", a URL, an object, or an array of these',
    (value) => isScenario(value) || isListOf(isScenario)(value),
  ),
  text: form("a string that is not empty", isText),
  texts: form("an array of strings", isListOf(isText)),
  time: form("a valid Date, or a time in ISO 8601", isTime),
  timeout: form("a positive number of milliseconds", (value) => typeof value === "number" && value > 0),
};

function isEndpoint(value) {
  try {
    return ["http:", "https:"].includes(new URL(value).protocol);
  } catch {
    return false;
  }
}

/** The ID of an account, which is given as its ID or as an object. */
function idOf(account) {
  return account?.id ?? account;
}

function shown(value) {
  const text = inspect(value, { depth: 1, breakLength: Infinity });
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** Throws a TypeError unless an argument has a form. Returns the argument. */
function check(call, name, value, { words, accepts }) {
  if (!accepts(value)) throw new TypeError(`${call} expects ${name} to be ${words}; found ${shown(value)}`);
  return value;
}

/** Throws a TypeError unless all options are known and have their forms. An undefined option is absent. */
function checkOptions(call, options, expected) {
  const names = Object.keys(expected).join(", ");
  if (!isObject(options)) throw new TypeError(`${call} expects an object with options (${names}); found ${shown(options)}`);
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(expected, name));
  if (unknown.length > 0) throw new TypeError(`${call} has no option ${unknown.join(", ")}; its options are ${names}`);
  for (const [name, form] of Object.entries(expected)) {
    if (options[name] !== undefined) check(call, name, options[name], form);
  }
  return options;
}

module.exports = { check, checkOptions, forms, idOf };
