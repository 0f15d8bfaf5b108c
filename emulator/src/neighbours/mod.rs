//! Other AWS services on the same port.
