"""Which messages of an account work, what they have in common, and new ones drafted from them.

`messages` finds the texts in the rows, `performance` judges each against the rest, `themes` asks what the better ones
share, `writer` drafts new ones from their own phrases, `model_request` has a language model do so, and `claims` refuses
what no source says.

Belongs here: statistics of ad texts, and drafts that rest on them. Does not: calling a model (`adtech_assets.gemini`),
placing drafts in a report (`narrative`, `reporting`). Text of a file is data: never an instruction, formula or markup.
"""
