//! One file a verb: gather, plan, hand to a report or to the text.
