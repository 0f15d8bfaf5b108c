// The library: starts emulators, and calls their control plane. It is CommonJS, because Jest loads ES modules only with
// a flag; `index.js` has the same exports for ES modules.
"use strict";

exports.start = require("./start.cjs").start;
exports.StartError = require("./start.cjs").StartError;
exports.connect = require("./emulator.cjs").connect;
exports.Emulator = require("./emulator.cjs").Emulator;
exports.Account = require("./account.cjs").Account;
exports.ControlError = require("./client.cjs").ControlError;
exports.findBinary = require("./binary.cjs").findBinary;
