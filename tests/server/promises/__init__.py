"""What each platform's requirement document promises of its server: short name -> sentence.

One module per platform, named like it, with `PROMISES`; tests that show one are marked
`@pytest.mark.promised("<platform>", "<short name>")`, and test_promises.py holds both together.
"""
